/**
 * Key pairs as PEM text: ECDSA P-256 inside a cluster, Ed25519 and RSA for what Liqo exchanges.
 * Used by everything in pki/; private keys are PKCS#8, public keys SPKI.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

export type KeyAlgorithm = "ecdsa-p256" | "ed25519" | "rsa-2048";

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export function generateKeyPair(algorithm: KeyAlgorithm = "ecdsa-p256"): KeyPair {
  const pair = generate(algorithm);
  return { privateKey: privatePem(pair.privateKey), publicKey: publicPem(pair.publicKey) };
}

/** The public half of a private key in any PEM form that OpenSSL reads. */
export function publicKeyOf(privateKey: string): string {
  return publicPem(createPublicKey(privateKey));
}

/** The public half of a key in any PEM form that OpenSSL reads, as DER. */
export function spkiOf(key: string): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

export function publicPem(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

/** RFC 7468: lines of 64 characters. */
export function formatPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function generate(algorithm: KeyAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (algorithm) {
    case "ecdsa-p256":
      return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    case "ed25519":
      return generateKeyPairSync("ed25519");
    case "rsa-2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
  }
}

function privatePem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
