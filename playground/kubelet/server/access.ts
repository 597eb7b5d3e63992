/** Who may use the node's API: client certificates of the cluster's CA and tokens, decided by the API server. Kubernetes: pkg/kubelet/server/auth.go */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";

interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

// Kubernetes: authorization.webhook.cacheAuthorizedTTL is 5 min; a revoked right should end sooner here.
const REMEMBER_MS = 60_000;

export class AccessControl {
  readonly #client: KubeClient;
  readonly #node: string;
  readonly #allowed = new Map<string, number>();

  constructor(client: KubeClient, node: string) {
    this.#client = client;
    this.#node = node;
  }

  /** 200, or the HTTP status that refuses. */
  async check(ctx: Context, request: IncomingMessage): Promise<200 | 401 | 403> {
    const user = certificateUser(request) ?? (await this.#tokenUser(ctx, request));
    if (user === undefined) return 401;
    // Works without an API server, too: it is the API server itself that asks.
    if (user.groups.includes("system:masters")) return 200;
    const verb = request.method === "GET" && request.headers.upgrade === undefined ? "get" : "create";
    const key = `${user.username}/${user.groups.join(",")}/${verb}`;
    if ((this.#allowed.get(key) ?? 0) > Date.now()) return 200;
    const review = await this.#client.raw<{ status?: { allowed?: boolean } }>(
      ctx,
      "POST",
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: user.username,
          groups: user.groups,
          resourceAttributes: { verb, version: "v1", resource: "nodes", subresource: "proxy", name: this.#node },
        },
      },
    );
    if (review.status?.allowed !== true) return 403;
    this.#allowed.set(key, Date.now() + REMEMBER_MS);
    return 200;
  }

  async #tokenUser(ctx: Context, request: IncomingMessage): Promise<User | undefined> {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) return undefined;
    const review = await this.#client.raw<{
      status?: { authenticated?: boolean; user?: { username?: string; groups?: string[] } };
    }>(ctx, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token },
    });
    const user = review.status?.authenticated === true ? review.status.user : undefined;
    return user === undefined ? undefined : { username: user.username ?? "", groups: user.groups ?? [] };
  }
}

function certificateUser(request: IncomingMessage): User | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { CN, O } = socket.getPeerCertificate().subject ?? {};
  if (CN === undefined) return undefined;
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O];
  return { username: String(CN), groups };
}
