/**
 * `pods/eviction`: deletion that respects PodDisruptionBudgets.
 * Kubernetes: pkg/registry/core/pod/storage/eviction.go
 */
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { Context } from "#base/context.ts";
import { podDisruptionBudgets, pods } from "#machinery/builtin.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { selects } from "#machinery/selector.ts";
import { badRequest, failure, forbiddenError, notFound, type StatusError } from "#machinery/status-error.ts";
import type { ApiServices, ConnectorRequest, JsonConnector } from "../connector.ts";
import { success } from "./binding.ts";

export type EvictionPlan =
  | { readonly do: "delete" }
  /** The budget allows it and loses one disruption. */
  | { readonly do: "spend"; readonly budget: PodDisruptionBudget }
  | { readonly do: "refuse"; readonly error: StatusError };

/** Kubernetes: eviction.go, MaxDisruptedPodSize. */
const MAX_DISRUPTED_PODS = 2000;
const RETRY_AFTER_SECONDS = 10;

export function evictionConnector(services: ApiServices, now: () => number): JsonConnector {
  return {
    form: "json",
    group: "",
    version: "v1",
    plural: "pods",
    subresource: "eviction",
    verbs: ["create"],
    kind: { group: "policy", version: "v1", kind: "Eviction" },
    admission: true,
    handle: async (ctx, request, body) => {
      await evict(ctx, services, request, body, now);
      return { code: 201, body: success(201) };
    },
  };
}

/** Pure decision on the pod and the budgets of its namespace. */
export function planEviction(pod: Pod, budgets: readonly PodDisruptionBudget[]): EvictionPlan {
  const phase = pod.status?.phase;
  const finished = phase === "Succeeded" || phase === "Failed" || phase === "Pending";
  if (finished || pod.metadata?.deletionTimestamp !== undefined) return { do: "delete" };
  const [budget, another] = budgets.filter(({ spec }) => selects(spec?.selector, pod.metadata?.labels));
  if (budget === undefined) return { do: "delete" };
  if (another !== undefined) {
    const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    return { do: "refuse", error: failure(500, "InternalError", message) };
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (!isReady(pod)) {
    if (unhealthyPolicy(budget) === "AlwaysAllow") return { do: "delete" };
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0) return { do: "delete" };
  }
  return planSpending(budget);
}

function planSpending(budget: PodDisruptionBudget): EvictionPlan {
  const name = budget.metadata?.name ?? "";
  const { status } = budget;
  const refuse = (error: StatusError): EvictionPlan => ({ do: "refuse", error });
  if ((status?.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) {
    return refuse(violation(`The disruption budget ${name} is still being processed by the server.`));
  }
  const forbid = (why: string): EvictionPlan => refuse(forbiddenError(podDisruptionBudgets, name, why));
  if ((status?.disruptionsAllowed ?? 0) < 0) return forbid("pdb disruptions allowed is negative");
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    return forbid("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if ((status?.disruptionsAllowed ?? 0) > 0) return { do: "spend", budget };
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  return refuse(
    violation(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`),
  );
}

function violation(message: string): StatusError {
  return failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message }],
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

async function evict(
  ctx: Context,
  { reader, writer }: ApiServices,
  request: ConnectorRequest,
  body: UnstructuredObject | undefined,
  now: () => number,
): Promise<void> {
  const { namespace, name } = request;
  const bodyName = body?.metadata?.name ?? "";
  if (bodyName !== "" && bodyName !== name) throw badRequest("name in URL does not match name in Eviction object");
  const pod = reader.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  const plan = planEviction(pod, reader.list(podDisruptionBudgets, namespace));
  if (plan.do === "refuse") throw plan.error;
  const options = { ...(body?.deleteOptions as Record<string, unknown> | undefined) };
  if (request.dryRun || (Array.isArray(options.dryRun) && options.dryRun.length > 0)) return;
  if (plan.do === "spend") await decrementDisruptionsAllowed(ctx, writer, plan.budget, pod, now());
  if (pod.metadata?.deletionTimestamp === undefined) await markDisrupted(ctx, writer, pod, now());
  const { uid } = pod.metadata ?? {};
  await writer.delete(ctx, pods, namespace, name, { preconditions: { uid }, ...options });
}

async function decrementDisruptionsAllowed(
  ctx: Context,
  writer: ApiServices["writer"],
  budget: PodDisruptionBudget,
  pod: Pod,
  nowMs: number,
): Promise<void> {
  const { namespace = "", name = "" } = budget.metadata ?? {};
  await writer.change(ctx, podDisruptionBudgets, namespace, name, "status", (current) => {
    const plan = planSpending(current);
    if (plan.do === "refuse") throw plan.error;
    const { status } = current;
    if (status === undefined) return current;
    const disruptedPods = { ...status.disruptedPods, [pod.metadata?.name ?? ""]: timestamp(nowMs) };
    return { ...current, status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods } };
  });
}

async function markDisrupted(ctx: Context, writer: ApiServices["writer"], pod: Pod, nowMs: number): Promise<void> {
  const { namespace = "", name = "" } = pod.metadata ?? {};
  await writer.change(ctx, pods, namespace, name, "eviction", (current) => {
    const others = (current.status?.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
      lastTransitionTime: timestamp(nowMs),
    };
    return { ...current, status: { ...current.status, conditions: [...others, condition] } };
  });
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

/** Newer than the static types. */
function unhealthyPolicy({ spec }: PodDisruptionBudget): unknown {
  return spec !== undefined && "unhealthyPodEvictionPolicy" in spec ? spec.unhealthyPodEvictionPolicy : undefined;
}

function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}
