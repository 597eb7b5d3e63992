/** What a ShadowPod tells of its pod: its phase, or why there is none. Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller */
import type { Pod } from "kubernetes-types/core/v1";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { Deps } from "../../deps.ts";

const FAILED_CREATE = "FailedCreate";

export async function reportRefusal(ctx: Context, deps: Deps, shadow: ShadowPod, message: string): Promise<void> {
  const { reason, message: told } = shadow.status ?? {};
  if (reason === FAILED_CREATE && told === message) return;
  const status = { phase: "Pending", reason: FAILED_CREATE, message };
  await deps.client.patch(ctx, shadowPods, keyOf(shadow), "merge", { status }, { subresource: "status" });
}

export async function reportPhase(ctx: Context, deps: Deps, shadow: ShadowPod, pod: Pod | undefined): Promise<void> {
  const phase = pod?.status?.phase as NonNullable<ShadowPod["status"]>["phase"] | undefined;
  // One without a status is pending: that its pod is, too, is no news, unless it was refused before.
  const wasRefused = shadow.status?.reason !== undefined;
  if (phase === undefined || (phase === (shadow.status?.phase ?? "Pending") && !wasRefused)) return;
  if (isTerminal(shadow)) return;
  const status = { phase, ...(wasRefused && { reason: null, message: null }) };
  await deps.client.patch(ctx, shadowPods, keyOf(shadow), "merge", { status }, { subresource: "status" });
}
