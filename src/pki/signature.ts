/** What certificates and requests have in common: something signed, the algorithm, the signature. RFC 5280 §4.1.1 */
import { createPrivateKey, type KeyObject, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import { bitString, type Der, encode, oid, sequence, TAG } from "./der.ts";

interface Algorithm {
  readonly key: "ec" | "ed25519" | "rsa";
  /** As Node calls it. Ed25519 hashes by itself. */
  readonly hash: string | null;
  /** AlgorithmIdentifier. RFC 5758, RFC 8410, RFC 4055 */
  readonly identifier: Buffer;
}

const NULL = encode(TAG.null);
const ED25519: Algorithm = { key: "ed25519", hash: null, identifier: sequence(oid("1.3.101.112")) };
const ECDSA_SHA256 = ecdsa("sha256", 2);
const ECDSA_SHA384 = ecdsa("sha384", 3);
const RSA_SHA256 = rsa("sha256", 11);
const ALGORITHMS: readonly Algorithm[] = [
  ED25519,
  ECDSA_SHA256,
  ECDSA_SHA384,
  ecdsa("sha512", 4),
  RSA_SHA256,
  rsa("sha384", 12),
  rsa("sha512", 13),
];

/** @param toSign Given the identifier of the algorithm, which a certificate repeats in what is signed. */
export async function signed(privateKey: string, toSign: (algorithm: Buffer) => Buffer): Promise<Buffer> {
  const key = createPrivateKey(privateKey);
  const { hash, identifier } = algorithmFor(key);
  const content = toSign(identifier);
  // With a callback, Node signs on another thread.
  const signature = await promisify(sign)(hash, content, key);
  return sequence(content, identifier, bitString(signature));
}

/** Whether the owner of the key signed it. */
export async function isSignedBy(key: KeyObject, [content, algorithm, signature]: readonly Der[]): Promise<boolean> {
  const known = ALGORITHMS.find(({ identifier }) => algorithm?.bytes.equals(identifier) === true);
  if (content === undefined || signature === undefined) return false;
  if (known === undefined || known.key !== key.asymmetricKeyType) return false;
  return promisify(verify)(known.hash, content.bytes, key, signature.content.subarray(1));
}

function algorithmFor(key: KeyObject): Algorithm {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return ED25519;
    case "rsa":
      return RSA_SHA256;
    case "ec":
      return ecdsaFor(key.asymmetricKeyDetails?.namedCurve);
    default:
      throw new TypeError(`sign with key: ${key.asymmetricKeyType} keys are not supported, use ECDSA, Ed25519 or RSA`);
  }
}

function ecdsaFor(curve: string | undefined): Algorithm {
  if (curve === "prime256v1") return ECDSA_SHA256;
  if (curve === "secp384r1") return ECDSA_SHA384;
  throw new TypeError(`sign with key: curve ${curve} is not supported, use P-256 or P-384`);
}

function ecdsa(hash: string, number: number): Algorithm {
  return { key: "ec", hash, identifier: sequence(oid(`1.2.840.10045.4.3.${number}`)) };
}

function rsa(hash: string, number: number): Algorithm {
  return { key: "rsa", hash, identifier: sequence(oid(`1.2.840.113549.1.1.${number}`), NULL) };
}
