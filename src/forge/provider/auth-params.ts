/**
 * Checks how a provider says it is to be reached, before a kubeconfig is made of it: this cluster's private key signs what
 * goes there. Used for Identities. Upstream takes it as it is.
 */
import { X509Certificate } from "node:crypto";
import type { AuthParams } from "../authentication.ts";
import { unbase64 } from "../authentication.ts";

// A chain of a few certificates and a URL: a twentieth of it is usual.
const MOST_BYTES = 64 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Why the parameters cannot be used; undefined when they can. */
export function authParamsProblem(params: AuthParams | undefined): string | undefined {
  if (params === undefined) return undefined;
  const sizeBytes = Buffer.byteLength(JSON.stringify(params));
  if (sizeBytes > MOST_BYTES) return `authParams: ${sizeBytes} bytes, at most ${MOST_BYTES} are allowed`;
  const { apiServer = "", proxyURL = "", ca = "", signedCRT = "" } = params;
  const server = URL.parse(apiServer);
  if (server?.protocol !== "https:" || server.username !== "" || server.password !== "")
    return `authParams.apiServer "${apiServer.slice(0, 200)}": must be a URL that begins with https://`;
  const proxy = URL.parse(proxyURL);
  if (proxyURL !== "" && (proxy?.protocol !== "http:" || proxy.username !== "" || proxy.password !== ""))
    return `authParams.proxyURL "${proxyURL.slice(0, 200)}": must be a URL such as http://10.70.0.3:8118`;
  // Absent: the system's roots are trusted.
  if (ca !== "" && !areCertificates(unbase64(ca))) return "authParams.ca: must be certificates in PEM";
  if (signedCRT !== "" && !areCertificates(unbase64(signedCRT)))
    return "authParams.signedCRT: must be a certificate in PEM";
  return undefined;
}

function areCertificates(pem: string): boolean {
  const blocks = pem.match(CERTIFICATE) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    // OpenSSL's reason would tell nobody more.
    return false;
  }
}
