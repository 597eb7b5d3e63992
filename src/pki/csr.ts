/**
 * Certificate signing requests (PKCS#10, RFC 2986): made by kubelets, gateways and Liqo's tenants, read and signed by
 * the cluster's signers.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { certifyKey, type Identity } from "./certificate.ts";
import { contextual, type Der, decode, encode, integer, oid, partsOf, sequence, TAG } from "./der.ts";
import {
  alternativeNames as alternativeNamesExtension,
  alternativeNamesOf,
  type CertificateUsage,
} from "./extensions.ts";
import { formatPem, publicPem, spkiOf } from "./keys.ts";
import { isSignedBy, signed } from "./signature.ts";
import { decodeSubject, encodeSubject, type Subject } from "./subject.ts";

export interface CsrDetails {
  readonly subject: Subject;
  readonly alternativeNames: readonly string[];
  /** SPKI PEM. */
  readonly publicKey: string;
}

export interface SignCsrOptions {
  readonly usages: readonly CertificateUsage[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** PKCS#9: the attribute that holds the extensions asked for. */
const EXTENSION_REQUEST = oid("1.2.840.113549.1.9.14");
const VERSION = integer(Buffer.from([0]));

export async function createCsr(
  privateKey: string,
  subject: Subject,
  alternativeNames: readonly string[] = [],
): Promise<string> {
  const extensions = alternativeNamesExtension(alternativeNames);
  const attributes =
    extensions.length === 0 ? [] : [sequence(EXTENSION_REQUEST, encode(TAG.set, sequence(...extensions)))];
  const request = await signed(privateKey, () =>
    sequence(VERSION, encodeSubject(subject), spkiOf(privateKey), encode(contextual(0), ...attributes)),
  );
  return formatPem("CERTIFICATE REQUEST", request);
}

/** Reads a PEM request and checks that its author holds the key. Throws a TypeError that says what is wrong. */
export async function parseCsr(text: string): Promise<CsrDetails> {
  const { request, key, subject, extensions } = decodeCsr(text);
  if (!(await isSignedBy(key, request)))
    throw new TypeError("parse certificate request: the signature does not match the key");
  return { subject, alternativeNames: alternativeNamesOf(extensions), publicKey: publicPem(key) };
}

/** The certificate for a verified request: its subject and names, unchanged. */
export async function signCsr(ca: Identity, text: string, options: SignCsrOptions): Promise<string> {
  const { subject, alternativeNames, publicKey } = await parseCsr(text);
  return certifyKey(ca, publicKey, { subject, alternativeNames, ...options });
}

interface Decoded {
  readonly request: readonly Der[];
  readonly key: KeyObject;
  readonly subject: Subject;
  readonly extensions: readonly Der[];
}

function decodeCsr(text: string): Decoded {
  const [, base64] = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(text) ?? [];
  if (base64 === undefined)
    throw new TypeError("parse certificate request: PEM block type must be CERTIFICATE REQUEST");
  try {
    const request = partsOf(decode(Buffer.from(base64, "base64")));
    const [, name, spki, attributes] = partsOf(request[0]);
    return {
      request,
      key: createPublicKey({ key: spki?.bytes ?? Buffer.alloc(0), format: "der", type: "spki" }),
      subject: decodeSubject(name),
      extensions: extensionsOf(attributes),
    };
  } catch (cause) {
    throw new TypeError("parse certificate request: the PEM block does not hold a PKCS#10 request", { cause });
  }
}

function extensionsOf(attributes: Der | undefined): Der[] {
  const found = partsOf(attributes)
    .map(partsOf)
    .find(([type]) => type?.bytes.equals(EXTENSION_REQUEST) === true);
  return partsOf(partsOf(found?.[1])[0]);
}
