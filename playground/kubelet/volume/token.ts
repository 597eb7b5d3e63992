/** Service account tokens for projected volumes: requested, kept, and requested again before they expire. Kubernetes: pkg/kubelet/token */
import type { Pod } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { serviceAccounts } from "#machinery/builtin.ts";

interface Issued {
  readonly token: string;
  readonly refreshAtMs: number;
}

interface TokenRequest {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

// token_manager.go: refresh at 80 % of the lifetime, at the latest after a day.
const REFRESH_SHARE = 0.8;
const MAX_AGE_MS = 86_400_000;

export class TokenCache {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #issued = new Map<string, Issued>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  find(pod: Pod, audience: string, expirationSeconds: number): string | undefined {
    return this.#issued.get(keyOf(pod, audience, expirationSeconds))?.token;
  }

  /** Requests the token when there is none or it is due; says when to come back. */
  async ensure(ctx: Context, pod: Pod, audience: string, expirationSeconds: number): Promise<number> {
    const key = keyOf(pod, audience, expirationSeconds);
    const nowMs = this.#clock.epochMs();
    const present = this.#issued.get(key);
    if (present !== undefined && present.refreshAtMs > nowMs) return present.refreshAtMs;
    const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
    const account = { namespace, name: pod.spec?.serviceAccountName ?? "default" };
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: audience === "" ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const answer = await this.#client.createSubresource<TokenRequest>(ctx, serviceAccounts, account, "token", request);
    const expiresAtMs = Date.parse(answer.status?.expirationTimestamp ?? "") || nowMs + expirationSeconds * 1000;
    const refreshAtMs = nowMs + Math.min(MAX_AGE_MS, (expiresAtMs - nowMs) * REFRESH_SHARE);
    this.#issued.set(key, { token: answer.status?.token ?? "", refreshAtMs });
    return refreshAtMs;
  }

  forget(uid: string): void {
    for (const key of this.#issued.keys()) if (key.startsWith(`${uid}/`)) this.#issued.delete(key);
  }
}

function keyOf(pod: Pod, audience: string, expirationSeconds: number): string {
  return `${pod.metadata?.uid}/${expirationSeconds}/${audience}`;
}
