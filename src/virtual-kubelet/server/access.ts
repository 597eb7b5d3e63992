/** Who may use the kubelet API: client certificates of the cluster's CA, decided by the API server. Kubernetes: pkg/kubelet/server/auth.go */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { isForbidden } from "#machinery/status-error.ts";
import { Refused } from "./refused.ts";

interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Kubernetes remembers five minutes; a right that was taken away should end sooner. */
const REMEMBER_MS = 60_000;
/** The common name that kubeadm gives the API server's own client certificate. */
const API_SERVER = "kube-apiserver-kubelet-client";

export class AccessControl {
  readonly #client: KubeClient;
  readonly #node: string;
  readonly #allowed = new Map<string, number>();

  constructor(client: KubeClient, node: string) {
    this.#client = client;
    this.#node = node;
  }

  /** Throws Refused unless the caller may. Without a known CA nobody can be told apart, and all are let in. */
  async check(ctx: Context, request: IncomingMessage): Promise<void> {
    if (this.#client.transport.config.ca === undefined) return;
    const user = userOf(request);
    if (user === undefined) throw new Refused(401, "Unauthorized");
    // No question is asked about the API server itself: it must be heard when it is too busy to answer.
    if (user.groups.includes("system:masters")) return;
    const verb = request.method === "GET" && request.headers.upgrade === undefined ? "get" : "create";
    const key = `${user.name}/${user.groups.join(",")}/${verb}`;
    if ((this.#allowed.get(key) ?? 0) > performance.now()) return;
    if (!(await this.#review(ctx, user, verb)))
      throw new Refused(403, `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource=proxy)`);
    this.#allowed.set(key, performance.now() + REMEMBER_MS);
  }

  async #review(ctx: Context, user: User, verb: string): Promise<boolean> {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: user.name,
        groups: user.groups,
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource: "proxy", name: this.#node },
      },
    };
    try {
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const answer = await this.#client.raw<{ status?: { allowed?: boolean } }>(ctx, "POST", path, review);
      return answer.status?.allowed === true;
    } catch (error) {
      // Without the right to ask, only the one who must get in does.
      if (isForbidden(error)) return user.name === API_SERVER;
      throw error;
    }
  }
}

function userOf({ socket }: IncomingMessage): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { CN, O } = socket.getPeerCertificate().subject ?? {};
  if (CN === undefined) return undefined;
  return { name: String(CN), groups: O === undefined ? [] : Array.isArray(O) ? O : [O] };
}
