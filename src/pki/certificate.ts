/**
 * Certificate authorities and the certificates they issue, as PEM text. Each CA signs with its own key's algorithm,
 * whatever the algorithm of the key that it certifies. RFC 5280; Kubernetes: client-go/util/cert, kubeadm's pkiutil.
 */
import { X509Certificate as NodeCertificate, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { type Clock, systemClock } from "#base/clock.ts";
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { generateKeyPair, type KeyAlgorithm, publicKeyOf, signingKeyOf } from "./keys.ts";
import { decodeSubject, encodeSubject, type Subject } from "./subject.ts";

/** A certificate with its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

export type CertificateUsage = "client" | "server";

export interface CertificateRequest {
  readonly subject: Subject;
  /** DNS names and IP addresses. */
  readonly alternativeNames?: readonly string[];
  readonly usages: readonly CertificateUsage[];
  /** Default: a little before it is made, by `clock`. */
  readonly notBefore?: Date;
  readonly clock?: Clock;
  /** Default: one year after `notBefore`, as kubeadm. */
  readonly notAfter?: Date;
}

export interface CertificateDetails {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly alternativeNames: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** SPKI PEM. */
  readonly publicKey: string;
}

const DAY_MS = 24 * 3600 * 1000;
const LEAF_MS = 365 * DAY_MS;
const CA_MS = 3650 * DAY_MS;
/** Certificates are valid a little before their making, for clocks that lag. client-go: certificate signing backdate. */
const BACKDATE_MS = 5 * 60 * 1000;

/** A self-signed CA, valid ten years. */
export async function createCa(
  commonName: string,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<Identity> {
  const { privateKey } = generateKeyPair("ecdsa-p256");
  const { keys, algorithm: signing } = signingKeyOf(privateKey);
  const notBefore = new Date(clock.epochMs() - BACKDATE_MS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: encodeSubject({ commonName, organizations: [] }),
    notBefore,
    notAfter: new Date(notBefore.getTime() + CA_MS),
    signingAlgorithm: signing,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(
        KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign,
        true,
      ),
      new SubjectAlternativeNameExtension([{ type: "dns", value: commonName }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), privateKey };
}

/** A new key and its certificate. */
export async function issueCertificate(
  ca: Identity,
  request: CertificateRequest,
  algorithm: KeyAlgorithm = "ecdsa-p256",
): Promise<Identity> {
  const { privateKey } = generateKeyPair(algorithm);
  return { certificate: await certifyKey(ca, publicKeyOf(privateKey), request), privateKey };
}

/** A certificate for somebody else's key (SPKI PEM). */
export async function certifyKey(ca: Identity, publicKey: string, request: CertificateRequest): Promise<string> {
  const issuer = new X509Certificate(ca.certificate);
  const { keys, algorithm } = signingKeyOf(ca.privateKey);
  const key = new PublicKey(publicKey);
  const notBefore = request.notBefore ?? new Date((request.clock ?? systemClock).epochMs() - BACKDATE_MS);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: encodeSubject(request.subject),
    issuer: issuer.subjectName.toJSON(),
    notBefore,
    notAfter: request.notAfter ?? new Date(notBefore.getTime() + LEAF_MS),
    signingAlgorithm: algorithm,
    publicKey: key,
    signingKey: keys.privateKey,
    extensions: [...leafExtensions(request), await AuthorityKeyIdentifierExtension.create(issuer.publicKey)],
  });
  return pem(certificate);
}

/** What the first certificate of a PEM text says. Throws when there is none. */
export function parseCertificate(text: string): CertificateDetails {
  const certificate = new X509Certificate(text);
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return {
    subject: decodeSubject(certificate.subjectName),
    issuer: decodeSubject(certificate.issuerName),
    alternativeNames: names.map((name) => name.value),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    isCa: certificate.getExtension(BasicConstraintsExtension)?.ca ?? false,
    publicKey: `${certificate.publicKey.toString("pem")}\n`,
  };
}

/** Whether `ca` signed the certificate and it is valid at `at`. */
export function isIssuedBy(certificate: string, ca: string, at: Date): boolean {
  const leaf = new NodeCertificate(certificate);
  const issuer = new NodeCertificate(ca);
  const valid = leaf.validFromDate <= at && at <= leaf.validToDate;
  return valid && leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
}

export function alternativeNamesExtension(names: readonly string[]): Extension[] {
  const general = names.map((value): JsonGeneralName => ({ type: isIP(value) === 0 ? "dns" : "ip", value }));
  return general.length === 0 ? [] : [new SubjectAlternativeNameExtension(general)];
}

function leafExtensions(request: CertificateRequest): Extension[] {
  const purposes = request.usages.map((usage) =>
    usage === "client" ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth,
  );
  return [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    ...(purposes.length === 0 ? [] : [new ExtendedKeyUsageExtension(purposes)]),
    new BasicConstraintsExtension(false, undefined, true),
    ...alternativeNamesExtension(request.alternativeNames ?? []),
  ];
}

/** Positive and 127 bits long: RFC 5280 §4.1.2.2. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}
