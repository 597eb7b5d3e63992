/** Which of two credentials for a provider counts. */
import { X509Certificate } from "node:crypto";
import { type AuthParams, unbase64 } from "#forge/authentication.ts";

/**
 * Whether what a Renew carries replaces what the Identity has: only a certificate made later. After a provider was
 * installed anew, the Identity has its new one and the Renew's status still that of the old. Both must be readable.
 */
export function isNewer(renewed: AuthParams, present: AuthParams | undefined): boolean {
  const has = present?.signedCRT ?? "";
  const offered = renewed.signedCRT ?? "";
  if (offered === "" || offered === has) return false;
  return has === "" || madeAtMs(offered) > madeAtMs(has);
}

function madeAtMs(certificate: string): number {
  return new X509Certificate(unbase64(certificate)).validFromDate.getTime();
}
