/**
 * Users named by client certificates: CN is the name, each O a group. The TLS server must ask for certificates
 * (requestCert, rejectUnauthorized false) with the client CA as `ca`.
 * Kubernetes: apiserver/pkg/authentication/request/x509/x509.go
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Authenticator, UserInfo } from "../request.ts";

const CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";

interface Verdict {
  readonly user: UserInfo | undefined;
  readonly problem: string | undefined;
  readonly expiresAtMs: number;
}

export function clientCertificateAuthenticator(now: () => number): Authenticator {
  const verdicts = new WeakMap<object, Verdict>();
  return {
    async authenticate(request) {
      const connection = connectionOf(request);
      let verdict = verdicts.get(connection);
      if (verdict === undefined) {
        verdict = judge(request.socket as TLSSocket);
        verdicts.set(connection, verdict);
      }
      if (verdict.problem !== undefined) throw new Error(`verify client certificate: ${verdict.problem}`);
      if (verdict.user !== undefined && now() > verdict.expiresAtMs) {
        throw new Error("verify client certificate: it has expired");
      }
      return verdict.user;
    },
  };
}

/** HTTP/2 requests see a proxy of their socket, new for each request: the session is what lasts. */
function connectionOf(request: IncomingMessage | Http2ServerRequest): object {
  return "stream" in request && request.stream?.session !== undefined ? request.stream.session : request.socket;
}

function judge(socket: TLSSocket): Verdict {
  const none: Verdict = { user: undefined, problem: undefined, expiresAtMs: 0 };
  if (typeof socket.getPeerCertificate !== "function") return none;
  const certificate = socket.getPeerCertificate() as PeerCertificate | undefined;
  if (certificate?.subject === undefined) return none;
  if (!socket.authorized) return { ...none, problem: String(socket.authorizationError ?? "not trusted") };
  const { CN, O } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  // Of several the last, as Go's crypto/x509/pkix.
  const name = [CN ?? ""].flat().at(-1) ?? "";
  if (name === "") return none;
  const digest = createHash("sha256").update(certificate.raw).digest("hex");
  return {
    user: { name, groups: O === undefined ? [] : [O].flat(), extra: { [CREDENTIAL_ID]: [`X509SHA256=${digest}`] } },
    problem: undefined,
    expiresAtMs: Date.parse(certificate.valid_to),
  };
}
