/**
 * Certificate signing requests (PKCS#10, RFC 2986): made by kubelets, gateways and Liqo's tenants, read and signed by
 * the cluster's signers.
 */
import "reflect-metadata";
import {
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import { alternativeNamesExtension, type CertificateUsage, certifyKey, type Identity } from "./certificate.ts";
import { type DerElement, derChildren, derElements } from "./der.ts";
import { signingKeyOf } from "./keys.ts";
import { decodeSubject, encodeSubject, isExactly, type Subject } from "./subject.ts";

export interface CsrDetails {
  /** As an API server would read it. Whether it is the one expected, `isFor` says. */
  readonly subject: Subject;
  /** The whole subject, for messages: `O=milan, CN=rome`. */
  readonly subjectText: string;
  readonly alternativeNames: readonly AlternativeName[];
  /** SPKI PEM. */
  readonly publicKey: string;
  /** Whether the subject is this one to the byte. */
  isFor(subject: Subject): boolean;
  /** Whether anything beside subject and key is asked for. */
  readonly hasAttributes: boolean;
  /** Whether alternative names are all that is asked for beside subject and key. */
  readonly hasOnlyNames: boolean;
}

export interface AlternativeName {
  /** `dns`, `ip`, or what else a certificate may name: `email`, `url`, … */
  readonly type: string;
  readonly value: string;
}

export interface SignCsrOptions {
  readonly usages: readonly CertificateUsage[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export async function createCsr(
  privateKey: string,
  subject: Subject,
  alternativeNames: readonly string[] = [],
): Promise<string> {
  const { keys, algorithm } = signingKeyOf(privateKey);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: encodeSubject(subject),
    keys,
    signingAlgorithm: algorithm,
    extensions: alternativeNamesExtension(alternativeNames),
  });
  return `${request.toString("pem")}\n`;
}

/** Reads a PEM request and checks that its author holds the key. Throws a TypeError that says what is wrong. */
export async function parseCsr(text: string): Promise<CsrDetails> {
  const request = decodeCsr(text);
  if (!(await request.verify())) throw new TypeError("parse certificate request: the signature does not match the key");
  const { subject, attributes } = partsOf(Buffer.from(request.rawData));
  return {
    subject: decodeSubject(request.subjectName),
    subjectText: request.subjectName.toString(),
    alternativeNames: alternativeNamesOf(request),
    publicKey: `${request.publicKey.toString("pem")}\n`,
    isFor: (expected) => isExactly(subject, expected),
    hasAttributes: attributes.length > 0,
    hasOnlyNames:
      attributes.length === 1 &&
      request.attributes.length === 1 &&
      request.extensions.length === 1 &&
      request.extensions[0] instanceof SubjectAlternativeNameExtension,
  };
}

/** The certificate for a verified request: user, groups and names as Kubernetes' signers read them. */
export async function signCsr(ca: Identity, text: string, options: SignCsrOptions): Promise<string> {
  const { subject, alternativeNames, publicKey } = await parseCsr(text);
  return certifyKey(ca, publicKey, {
    subject,
    alternativeNames: alternativeNames.map(({ value }) => value),
    ...options,
  });
}

function decodeCsr(text: string): Pkcs10CertificateRequest {
  if (!text.includes("-----BEGIN CERTIFICATE REQUEST-----")) {
    throw new TypeError("parse certificate request: PEM block type must be CERTIFICATE REQUEST");
  }
  // Of several, one reader takes the first and another the last.
  if (text.split("-----BEGIN ").length !== 2)
    throw new TypeError("parse certificate request: must be one PEM block, found several");
  try {
    return new Pkcs10CertificateRequest(text);
  } catch (cause) {
    throw new TypeError("parse certificate request: the PEM block does not hold a PKCS#10 request", { cause });
  }
}

const SEQUENCE = 0x30;
const ATTRIBUTES = 0xa0;

/** Subject and attributes of a CertificationRequest, as they stand in its bytes. RFC 2986 §4 */
function partsOf(der: Buffer): { readonly subject: DerElement; readonly attributes: readonly DerElement[] } {
  const [request, ...trailing] = derElements(der);
  const [info] = derChildren(request, SEQUENCE);
  const [, subject, , attributes, ...rest] = derChildren(info, SEQUENCE);
  if (subject === undefined || trailing.length > 0 || rest.length > 0)
    throw new TypeError("parse certificate request: the PEM block does not hold a PKCS#10 request");
  return { subject, attributes: attributes === undefined ? [] : derChildren(attributes, ATTRIBUTES) };
}

function alternativeNamesOf(request: Pkcs10CertificateRequest): AlternativeName[] {
  const extension = request.extensions.find((candidate) => candidate instanceof SubjectAlternativeNameExtension);
  return (extension?.names.items ?? []).map(({ type, value }) => ({ type, value }));
}
