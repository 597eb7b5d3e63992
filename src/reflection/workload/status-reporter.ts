/** Brings the status of remote pods home. Upstream: pkg/virtualKubelet/reflection/workload/podns.go (HandleStatus) */
import { isDeepStrictEqual } from "node:util";
import type { Pod, PodStatus } from "kubernetes-types/core/v1";
import { REMOTE_UNAVAILABLE, SHADOW_POD } from "#api/labels.ts";
import { contains, isSpecial, parseCidr, parseIpv4, remapIp } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import {
  forgeAcceptedStatus,
  forgePodStatus,
  forgeRefusedStatus,
  forgeTerminatedStatus,
  OFFLOADING_REFUSED,
} from "#forge/pod/status.ts";
import { forgeStatusPatch } from "#forge/pod/status-patch.ts";
import { sizeProblem } from "#forge/provider/bounded.ts";
import { REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import { creationRefused } from "#forge/sentences.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isReady, isTerminal } from "#machinery/pod.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { ReflectionDeps, ReflectionSettings } from "../deps.ts";
import * as messages from "../messages.ts";
import { isOurs, type PodSeen } from "./plan.ts";
import { nextRestarts, type RestartRecord } from "./restarts.ts";
import { traceReflection } from "./trace.ts";

type Offloaded = PodSeen & { readonly local: Pod };

export interface ReporterDeps extends Pick<ReflectionDeps, "scope" | "local" | "remote" | "clock"> {
  readonly settings: Pick<ReflectionSettings, "nodeIp" | "isIpReflected" | "localPodCidr" | "remotePodCidrs">;
}

export class StatusReporter {
  readonly #deps: ReporterDeps;
  readonly #recorder: EventRecorder;
  /** By uid of the local pod. */
  readonly #restarts = new Map<string, RestartRecord>();

  constructor(deps: ReporterDeps, recorder: EventRecorder) {
    this.#deps = deps;
    this.#recorder = recorder;
  }

  /** Writes the local status if it differs from what the provider says, and with the first one that the pod is offloaded. */
  async report(ctx: Context, seen: Offloaded): Promise<void> {
    const status = this.#statusOf(await this.#withEnd(ctx, seen));
    const { local } = seen;
    if (status === undefined) return;
    // One that waits gets the label with what comes next.
    const isMarked = local.metadata?.labels?.[SHADOW_POD] === "true" || status.phase === "Pending";
    if (isMarked && isDeepStrictEqual(local.status, status)) return;
    const { destination } = this.#deps.scope;
    const problem = sizeProblem(status);
    if (problem !== undefined) {
      this.#recorder.warning(ctx, local, messages.FAILED_REFLECTION, messages.statusFailed(destination, problem));
      return;
    }
    try {
      await traceReflection(ctx, "report status", { scope: this.#deps.scope, ...seen }, async (span) => {
        span?.set({ "k8s.pod.phase": status.phase ?? "", "k8s.pod.ready": isReady({ status }) });
        await writeStatus(ctx, this.#deps.local, local, status, { [SHADOW_POD]: "true" });
      });
    } catch (error) {
      if (ctx.signal.aborted || isNotFound(error)) return;
      // Somebody else wrote a moment ago.
      if (isConflict(error)) throw error;
      const message = messages.statusFailed(destination, messageOf(error));
      this.#recorder.warning(ctx, local, messages.FAILED_REFLECTION, message);
      throw error;
    }
    if (status.reason === OFFLOADING_REFUSED)
      this.#recorder.warning(ctx, local, messages.FAILED_CREATE, status.message ?? "");
    else this.#recorder.normal(ctx, local, messages.SUCCESSFUL_REFLECTION, messages.statusReflected(destination));
  }

  /** Drops what is remembered of pods that are gone. */
  forget(remote: Pod | undefined): void {
    for (const [uid, record] of this.#restarts) {
      if (remote === undefined || record.remoteUid !== remote.metadata?.uid) continue;
      this.#restarts.delete(uid);
    }
  }

  /**
   * Of two watches the one of the pods may be behind: what the provider still has of a pod that ended, with its exit codes,
   * is asked for, since a pod that is closed here is never looked at again.
   */
  async #withEnd(ctx: Context, seen: Offloaded): Promise<Offloaded> {
    const { local, shadow, remote } = seen;
    const isUnseen = remote === undefined && shadow !== undefined && isTerminal(shadow);
    if (!isUnseen || isTerminal(local)) return seen;
    const { name = "", namespace = "" } = shadow?.metadata ?? {};
    // The right there is to list, not to get.
    const query = { namespace, fieldSelector: `metadata.name=${name}` };
    const [live] = (await this.#deps.remote.list(ctx, pods, query)).items;
    return live !== undefined && isOurs(live, this.#deps.scope) ? { ...seen, remote: live } : seen;
  }

  #statusOf({ local, shadow, remote }: Offloaded): PodStatus | undefined {
    if (isTerminal(local) && local.metadata?.deletionTimestamp === undefined) return undefined;
    if (remote === undefined) {
      const { phase, message } = shadow?.status ?? {};
      // An upstream provider has no field for it.
      if (message !== undefined && local.metadata?.deletionTimestamp === undefined)
        return forgeRefusedStatus(
          local,
          creationRefused(this.#deps.scope.destination, message),
          this.#deps.clock.epochMs(),
        );
      if (isAccepted(local, shadow)) return forgeAcceptedStatus(local);
      if (phase !== "Succeeded" && phase !== "Failed") return undefined;
      return isTerminal(local) ? undefined : forgeTerminatedStatus(local, phase, this.#deps.clock.epochMs());
    }
    const uid = local.metadata?.uid ?? "";
    const restarts = nextRestarts(this.#restarts.get(uid), local, remote);
    this.#restarts.set(uid, restarts);
    return forgePodStatus(local, remote, {
      cluster: this.#deps.scope.destination,
      translate: (address) => translatePodIp(address, this.#deps.settings),
      hostIp: this.#deps.settings.nodeIp,
      restarts: restarts.earlier,
      isUnavailable: local.metadata?.labels?.[REMOTE_UNAVAILABLE] === "true",
    });
  }
}

/** Whether the refusal that the pod tells of is none any more. */
function isAccepted({ metadata, status }: Pod, shadow: PodSeen["shadow"]): boolean {
  const isAlive = metadata?.deletionTimestamp === undefined && shadow?.metadata?.deletionTimestamp === undefined;
  const isWilling = shadow !== undefined && !isTerminal(shadow) && shadow.status?.message === undefined;
  return isWilling && isAlive && status?.reason === OFFLOADING_REFUSED;
}

/**
 * The provider's address of a pod → the one that reaches it from here; undefined: not to be shown, or not an address that
 * a pod of the provider can have.
 */
export function translatePodIp(
  address: string,
  settings: Pick<ReflectionSettings, "isIpReflected" | "localPodCidr" | "remotePodCidrs">,
): string | undefined {
  if (!settings.isIpReflected) return undefined;
  const ip = parseIpv4(address);
  // A pod there must not pass for one here, nor for anything that is no pod at all.
  if (settings.remotePodCidrs.length === 0) {
    const local = settings.localPodCidr === undefined ? undefined : parseCidr(settings.localPodCidr);
    const isStrange = ip !== undefined && (isSpecial(ip) || (local !== undefined && contains(local, ip)));
    return isStrange ? undefined : address;
  }
  for (const { from, to } of settings.remotePodCidrs) {
    const [own, seen] = [parseCidr(from), parseCidr(to)];
    const remapped = own === undefined || seen === undefined ? undefined : remapIp(address, own, seen);
    if (remapped !== undefined) return remapped;
  }
  return undefined;
}

export async function writeStatus(
  ctx: Context,
  client: KubeClient,
  pod: Pod,
  status: PodStatus,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const options = { subresource: "status", fieldManager: REFLECTION_FIELD_MANAGER };
  await client.patch(ctx, pods, keyOf(pod), "merge", forgeStatusPatch(pod, status, labels), options);
}
