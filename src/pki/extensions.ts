/** The X.509 extensions that Kubernetes' certificates and requests carry. RFC 5280 §4.2 */
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { bitString, type Der, decode, encode, oid, partsOf, primitive, sequence, TAG } from "./der.ts";

const OID = {
  subjectKeyIdentifier: oid("2.5.29.14"),
  keyUsage: oid("2.5.29.15"),
  subjectAlternativeName: oid("2.5.29.17"),
  basicConstraints: oid("2.5.29.19"),
  authorityKeyIdentifier: oid("2.5.29.35"),
  extendedKeyUsage: oid("2.5.29.37"),
} as const;
const PURPOSES = { server: oid("1.3.6.1.5.5.7.3.1"), client: oid("1.3.6.1.5.5.7.3.2") } as const;
const TRUE = encode(TAG.boolean, Buffer.from([0xff]));
/** Kinds of alternative names: RFC 5280 §4.2.1.6. */
const DNS_NAME = primitive(2);
const IP_ADDRESS = primitive(7);

export type CertificateUsage = keyof typeof PURPOSES;

/** Digital signature, key encipherment, certificate signature. */
export function authorityUsage(): Buffer {
  return extension(OID.keyUsage, bitString(Buffer.from([0b1010_0100]), 2), "critical");
}

/** Digital signature, key encipherment. */
export function leafUsage(): Buffer {
  return extension(OID.keyUsage, bitString(Buffer.from([0b1010_0000]), 5), "critical");
}

export function purposes(usages: readonly CertificateUsage[]): Buffer[] {
  return usages.length === 0
    ? []
    : [extension(OID.extendedKeyUsage, sequence(...usages.map((usage) => PURPOSES[usage])))];
}

export function basicConstraints(isCa: boolean): Buffer {
  return extension(OID.basicConstraints, isCa ? sequence(TRUE) : sequence(), "critical");
}

/** @param publicKey SPKI. RFC 5280 §4.2.1.2: the hash of the key's bits alone. */
export function subjectKeyIdentifier(publicKey: Buffer): Buffer {
  const bits = partsOf(decode(publicKey))[1]?.content.subarray(1) ?? Buffer.alloc(0);
  return extension(OID.subjectKeyIdentifier, encode(TAG.octetString, createHash("sha1").update(bits).digest()));
}

/** None when the issuer has no identifier, as Go's crypto/x509. */
export function authorityKeyIdentifier(ofIssuer: readonly Der[]): Buffer[] {
  const identifier = extensionOf(ofIssuer, OID.subjectKeyIdentifier)?.content;
  return identifier === undefined
    ? []
    : [extension(OID.authorityKeyIdentifier, sequence(encode(primitive(0), identifier)))];
}

/** @param names DNS names and IP addresses. */
export function alternativeNames(names: readonly string[]): Buffer[] {
  const general = names.map((name) =>
    isIP(name) === 0 ? encode(DNS_NAME, Buffer.from(name)) : encode(IP_ADDRESS, encodeAddress(name)),
  );
  return general.length === 0 ? [] : [extension(OID.subjectAlternativeName, sequence(...general))];
}

/** Throws a TypeError when there are names of another kind: a certificate made from what is left would say less. */
export function alternativeNamesOf(extensions: readonly Der[]): string[] {
  return partsOf(extensionOf(extensions, OID.subjectAlternativeName)).map(({ tag, content }) => {
    if (tag === DNS_NAME) return content.toString("latin1");
    if (tag === IP_ADDRESS) return decodeAddress(content);
    throw new TypeError("decode alternative names: they must be DNS names and IP addresses");
  });
}

function extension(id: Buffer, value: Buffer, criticality?: "critical"): Buffer {
  return sequence(id, ...(criticality === undefined ? [] : [TRUE]), encode(TAG.octetString, value));
}

function extensionOf(extensions: readonly Der[], id: Buffer): Der | undefined {
  const found = extensions.map(partsOf).find(([type]) => type?.bytes.equals(id) === true);
  const value = found?.at(-1);
  return value === undefined ? undefined : decode(value.content);
}

function encodeAddress(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // A URL's host is the canonical form: hexadecimal groups, at most one row of zeros left out.
  const [head = [], tail = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join(""), "hex");
}

function decodeAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
