/** Who may use a kubelet's API: client certificates of the cluster's CA, and tokens, decided by the API server. Kubernetes: pkg/kubelet/server/auth.go */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { isForbidden } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";
import { Refused } from "./refused.ts";

export interface AccessOptions {
  readonly client: KubeClient;
  /** Whose `nodes/proxy` a caller must have a right to. */
  readonly node: string;
  /** Whether bearer tokens count; the client then needs the right to review them. */
  readonly hasTokens: boolean;
  readonly clock: Clock;
}

interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Kubernetes remembers five minutes; a right that was taken away should end sooner. */
const REMEMBER_MS = 60_000;
/** Callers are the API server and a few agents; whoever has more names than this is asked about each time. */
const MOST_REMEMBERED = 1_000;
/** The common name that kubeadm gives the API server's own client certificate. */
const API_SERVER = "kube-apiserver-kubelet-client";

export class AccessControl {
  readonly #options: AccessOptions;
  /** Until when, in ms. */
  readonly #allowed = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Throws Refused unless the caller may. Without a known CA nobody can be told apart, and all are let in. */
  async check(ctx: Context, request: IncomingMessage): Promise<void> {
    const { client, clock } = this.#options;
    if (client.transport.config.ca === undefined) return;
    const user = certificateUser(request) ?? (await this.#tokenUser(ctx, request));
    if (user === undefined) throw new Refused(401, "Unauthorized");
    // No question is asked about the API server itself: it must be heard when it is too busy to answer.
    if (user.groups.includes("system:masters")) return;
    const verb = request.method === "GET" && request.headers.upgrade === undefined ? "get" : "create";
    const key = JSON.stringify([user.name, user.groups, verb]);
    if ((this.#allowed.get(key) ?? 0) > clock.nowMs()) return;
    if (!(await this.#review(ctx, user, verb)))
      throw new Refused(403, `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource=proxy)`);
    this.#remember(key);
  }

  #remember(key: string): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [known, untilMs] of this.#allowed) if (untilMs <= nowMs) this.#allowed.delete(known);
    if (this.#allowed.size < MOST_REMEMBERED) this.#allowed.set(key, nowMs + REMEMBER_MS);
  }

  async #review(ctx: Context, user: User, verb: string): Promise<boolean> {
    const { client, node } = this.#options;
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: user.name,
        groups: user.groups,
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource: "proxy", name: node },
      },
    };
    try {
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const answer = await client.raw<{ status?: { allowed?: boolean } }>(ctx, "POST", path, review);
      return answer.status?.allowed === true;
    } catch (error) {
      // Without the right to ask, only the one who must get in does.
      if (isForbidden(error)) return user.name === API_SERVER;
      throw error;
    }
  }

  async #tokenUser(ctx: Context, request: IncomingMessage): Promise<User | undefined> {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !this.#options.hasTokens) return undefined;
    const review = await this.#options.client.raw<{
      status?: { authenticated?: boolean; user?: { username?: string; groups?: string[] } };
    }>(ctx, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token },
    });
    const user = review.status?.authenticated === true ? review.status.user : undefined;
    return user === undefined ? undefined : { name: user.username ?? "", groups: user.groups ?? [] };
  }
}

function certificateUser({ socket }: IncomingMessage): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { CN, O } = socket.getPeerCertificate().subject ?? {};
  if (CN === undefined) return undefined;
  return { name: String(CN), groups: O === undefined ? [] : Array.isArray(O) ? O : [O] };
}
