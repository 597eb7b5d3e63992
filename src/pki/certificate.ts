/**
 * Certificate authorities and the certificates they issue, as PEM text. Each CA signs with its own key's algorithm,
 * whatever the algorithm of the key that it certifies. RFC 5280; Kubernetes: client-go/util/cert, kubeadm's pkiutil.
 */
import { randomBytes, X509Certificate } from "node:crypto";
import { contextual, type Der, decode, encode, integer, partsOf, sequence, time } from "./der.ts";
import {
  alternativeNames,
  alternativeNamesOf,
  authorityKeyIdentifier,
  authorityUsage,
  basicConstraints,
  type CertificateUsage,
  leafUsage,
  purposes,
  subjectKeyIdentifier,
} from "./extensions.ts";
import { formatPem, generateKeyPair, type KeyAlgorithm, publicKeyOf, publicPem, spkiOf } from "./keys.ts";
import { signed } from "./signature.ts";
import { decodeSubject, encodeSubject, type Subject } from "./subject.ts";

/** A certificate with its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface CertificateRequest {
  readonly subject: Subject;
  /** DNS names and IP addresses. */
  readonly alternativeNames?: readonly string[];
  readonly usages: readonly CertificateUsage[];
  readonly notBefore?: Date;
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
export async function createCa(commonName: string, algorithm: KeyAlgorithm = "ecdsa-p256"): Promise<Identity> {
  const { privateKey } = generateKeyPair(algorithm);
  const name = encodeSubject({ commonName, organizations: [] });
  const publicKey = spkiOf(privateKey);
  const notBefore = new Date(Date.now() - BACKDATE_MS);
  const certificate = await signCertificate(privateKey, {
    issuer: name,
    notBefore,
    notAfter: new Date(notBefore.getTime() + CA_MS),
    subject: name,
    publicKey,
    extensions: [
      basicConstraints(true),
      authorityUsage(),
      ...alternativeNames([commonName]),
      subjectKeyIdentifier(publicKey),
    ],
  });
  return { certificate, privateKey };
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
  const issuer = decodeCertificate(new X509Certificate(ca.certificate).raw);
  const notBefore = request.notBefore ?? new Date(Date.now() - BACKDATE_MS);
  return signCertificate(ca.privateKey, {
    // As it is written there: chains are matched byte by byte.
    issuer: issuer.subject?.bytes ?? sequence(),
    notBefore,
    notAfter: request.notAfter ?? new Date(notBefore.getTime() + LEAF_MS),
    subject: encodeSubject(request.subject),
    publicKey: spkiOf(publicKey),
    extensions: [
      leafUsage(),
      ...purposes(request.usages),
      basicConstraints(false),
      ...alternativeNames(request.alternativeNames ?? []),
      ...authorityKeyIdentifier(issuer.extensions),
    ],
  });
}

/** What the first certificate of a PEM text says. Throws when there is none. */
export function parseCertificate(text: string): CertificateDetails {
  const certificate = new X509Certificate(text);
  const { subject, issuer, extensions } = decodeCertificate(certificate.raw);
  return {
    subject: decodeSubject(subject),
    issuer: decodeSubject(issuer),
    alternativeNames: alternativeNamesOf(extensions),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    isCa: certificate.ca,
    publicKey: publicPem(certificate.publicKey),
  };
}

/** Whether `ca` signed the certificate and it is valid at `at`. */
export function isIssuedBy(certificate: string, ca: string, at: Date = new Date()): boolean {
  const leaf = new X509Certificate(certificate);
  const issuer = new X509Certificate(ca);
  const valid = leaf.validFromDate <= at && at <= leaf.validToDate;
  return valid && leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
}

interface Contents {
  readonly issuer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly extensions: readonly Buffer[];
}

/** Version 3. */
const VERSION = encode(contextual(0), integer(Buffer.from([2])));
const EXTENSIONS = contextual(3);

async function signCertificate(privateKey: string, contents: Contents): Promise<string> {
  const { issuer, notBefore, notAfter, subject, publicKey, extensions } = contents;
  const certificate = await signed(privateKey, (algorithm) =>
    sequence(
      VERSION,
      serialNumber(),
      algorithm,
      issuer,
      sequence(time(notBefore), time(notAfter)),
      subject,
      publicKey,
      encode(EXTENSIONS, sequence(...extensions)),
    ),
  );
  return formatPem("CERTIFICATE", certificate);
}

function decodeCertificate(bytes: Buffer): { issuer: Der | undefined; subject: Der | undefined; extensions: Der[] } {
  const fields = partsOf(partsOf(decode(bytes))[0]);
  // Version 1 certificates do not say their version.
  const [, , issuer, , subject] = fields[0]?.bytes.equals(VERSION) === true ? fields.slice(1) : fields;
  return { issuer, subject, extensions: partsOf(partsOf(fields.find(({ tag }) => tag === EXTENSIONS))[0]) };
}

/** Positive and 127 bits long: RFC 5280 §4.1.2.2. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return integer(bytes);
}
