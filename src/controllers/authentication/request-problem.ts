/**
 * Whether a consumer's certificate request may be signed. What is signed is a name at this cluster's API server, so it is
 * compared to the byte. Upstream: pkg/liqo-controller-manager/authentication/csr.go (checkCSR)
 */
import { createPublicKey } from "node:crypto";
import { messageOf } from "#base/errors.ts";
import { parseCsr } from "#pki/csr.ts";
import type { Subject } from "#pki/subject.ts";

/** Undefined when the PEM text asks for this subject, for this key (SPKI PEM; absent: any) and for nothing else. */
export async function requestProblem(
  text: string,
  subject: Subject,
  publicKey: string | undefined,
): Promise<string | undefined> {
  try {
    const request = await parseCsr(text);
    if (publicKey !== undefined && !createPublicKey(request.publicKey).equals(createPublicKey(publicKey)))
      return "spec.csr was made with another key than spec.publicKey of the Tenant";
    if (!request.isFor(subject)) {
      const expected = [...subject.organizations.map((name) => `O=${name}`), `CN=${subject.commonName}`].join(", ");
      return `spec.csr must be for ${expected} and nothing else, found ${request.subjectText}`;
    }
    if (request.hasAttributes)
      return "spec.csr must ask for nothing beside subject and key, found extensions or attributes";
    return undefined;
  } catch (error) {
    return `spec.csr: ${messageOf(error)}`;
  }
}
