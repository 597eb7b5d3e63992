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
import { signingKeyOf } from "./keys.ts";
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
  return {
    subject: decodeSubject(request.subjectName),
    alternativeNames: alternativeNamesOf(request),
    publicKey: `${request.publicKey.toString("pem")}\n`,
  };
}

/** The certificate for a verified request: its subject and names, unchanged. */
export async function signCsr(ca: Identity, text: string, options: SignCsrOptions): Promise<string> {
  const { subject, alternativeNames, publicKey } = await parseCsr(text);
  return certifyKey(ca, publicKey, { subject, alternativeNames, ...options });
}

function decodeCsr(text: string): Pkcs10CertificateRequest {
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text)) {
    throw new TypeError("parse certificate request: PEM block type must be CERTIFICATE REQUEST");
  }
  try {
    return new Pkcs10CertificateRequest(text);
  } catch (cause) {
    throw new TypeError("parse certificate request: the PEM block does not hold a PKCS#10 request", { cause });
  }
}

function alternativeNamesOf(request: Pkcs10CertificateRequest): string[] {
  const extension = request.extensions.find((candidate) => candidate instanceof SubjectAlternativeNameExtension);
  return (extension?.names.items ?? []).map((name) => name.value);
}
