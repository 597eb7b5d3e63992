/** What to do about a pod on a virtual node whose namespace is not offloaded there. Upstream: pkg/virtualKubelet/reflection/workload/pod.go */
import type { Pod } from "kubernetes-types/core/v1";
import { OFFLOADING_ABORTED, OFFLOADING_BACK_OFF } from "#forge/pod/status.ts";
import { isTerminal, isTerminating } from "#machinery/pod.ts";

export type FallbackPlan =
  | { readonly do: "nothing" }
  | { readonly do: "delete-local" }
  | { readonly do: "reject"; readonly phase: "Pending" | "Failed"; readonly reason: string };

export function planFallback(local: Pod): FallbackPlan {
  if (isTerminating(local)) return { do: "delete-local" };
  if (isTerminal(local)) return { do: "nothing" };
  const hasRun = (local.status?.phase ?? "Pending") !== "Pending" || (local.status?.containerStatuses?.length ?? 0) > 0;
  if (hasRun) return { do: "reject", phase: "Failed", reason: OFFLOADING_ABORTED };
  if (local.status?.reason === OFFLOADING_BACK_OFF) return { do: "nothing" };
  return { do: "reject", phase: "Pending", reason: OFFLOADING_BACK_OFF };
}
