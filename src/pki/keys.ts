/**
 * Key pairs as PEM text: ECDSA P-256 inside a cluster, Ed25519 and RSA for what Liqo exchanges.
 * Used by everything in pki/; private keys are PKCS#8, public keys SPKI.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from "node:crypto";

export type KeyAlgorithm = "ecdsa-p256" | "ed25519" | "rsa-2048";

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export type SigningAlgorithm =
  | { readonly name: "ECDSA"; readonly namedCurve: string; readonly hash: string }
  | { readonly name: "Ed25519" }
  | { readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: string };

export function generateKeyPair(algorithm: KeyAlgorithm = "ecdsa-p256"): KeyPair {
  const pair = generate(algorithm);
  return { privateKey: privatePem(pair.privateKey), publicKey: publicPem(pair.publicKey) };
}

/** The public half of a private key in any PEM form that OpenSSL reads. */
export function publicKeyOf(privateKey: string): string {
  return publicPem(createPublicKey(privateKey));
}

/** The WebCrypto pair of a private key, and the signature algorithm certificates made with it carry. */
export function signingKeyOf(privateKey: string): { keys: webcrypto.CryptoKeyPair; algorithm: SigningAlgorithm } {
  const key = createPrivateKey(privateKey);
  const algorithm = signingAlgorithmOf(key);
  return {
    algorithm,
    keys: {
      privateKey: key.toCryptoKey(algorithm, true, ["sign"]),
      publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ["verify"]),
    },
  };
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

function signingAlgorithmOf(key: KeyObject): SigningAlgorithm {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return { name: "Ed25519" };
    case "rsa":
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    case "ec":
      return ecdsa(key.asymmetricKeyDetails?.namedCurve);
    default:
      throw new TypeError(`sign with key: ${key.asymmetricKeyType} keys are not supported, use ECDSA, Ed25519 or RSA`);
  }
}

function ecdsa(curve: string | undefined): SigningAlgorithm {
  if (curve === "prime256v1") return { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  if (curve === "secp384r1") return { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
  throw new TypeError(`sign with key: curve ${curve} is not supported, use P-256 or P-384`);
}

function privatePem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function publicPem(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}
