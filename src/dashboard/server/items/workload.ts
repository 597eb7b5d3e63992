/** Workloads: how many pods they want, and how many are ready. */
import type { DaemonSet, Deployment, StatefulSet } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import { itemKey, type WorkloadItem } from "../../model/items.ts";
import { trimMetadata } from "./writer.ts";

export type Workload =
  | { readonly of: "Deployment"; readonly object: Deployment }
  | { readonly of: "StatefulSet"; readonly object: StatefulSet }
  | { readonly of: "DaemonSet"; readonly object: DaemonSet }
  | { readonly of: "Job"; readonly object: Job };

/** Name of a workload's item: two kinds may have one of the same name. */
export function workloadName(of: WorkloadItem["of"], name: string): string {
  return `${of}/${name}`;
}

export function trimReplicated<T extends Deployment | StatefulSet>(object: T): T {
  const { replicas } = object.spec ?? {};
  const { readyReplicas } = object.status ?? {};
  return {
    metadata: trimMetadata(object),
    spec: { ...(replicas !== undefined && { replicas }) },
    status: { ...(readyReplicas !== undefined && { readyReplicas }) },
    // The rest of a spec is never asked for.
  } as unknown as T;
}

export function trimDaemonSet(object: DaemonSet): DaemonSet {
  const { desiredNumberScheduled = 0, numberReady = 0 } = object.status ?? {};
  const status = { desiredNumberScheduled, numberReady, currentNumberScheduled: 0, numberMisscheduled: 0 };
  return { metadata: trimMetadata(object), status };
}

export function trimJob(object: Job): Job {
  const { completions, parallelism } = object.spec ?? {};
  const { succeeded = 0, ready = 0 } = object.status ?? {};
  const spec = { ...(completions !== undefined && { completions }), ...(parallelism !== undefined && { parallelism }) };
  return { metadata: trimMetadata(object), spec, status: { succeeded, ready } } as unknown as Job;
}

export function workloadItem(workload: Workload, cluster: string): WorkloadItem {
  const { of, object } = workload;
  const { namespace = "", name = "" } = object.metadata ?? {};
  return {
    ...{ key: itemKey("workload", cluster, namespace, workloadName(of, name)), cluster, kind: "workload" },
    ...{ of, namespace, name, ...countOf(workload) },
  };
}

function countOf(workload: Workload): Pick<WorkloadItem, "wanted" | "ready"> {
  switch (workload.of) {
    case "Deployment":
    case "StatefulSet": {
      const { spec, status } = workload.object;
      return { wanted: spec?.replicas ?? 1, ready: status?.readyReplicas ?? 0 };
    }
    case "DaemonSet": {
      const { desiredNumberScheduled = 0, numberReady = 0 } = workload.object.status ?? {};
      return { wanted: desiredNumberScheduled, ready: numberReady };
    }
    case "Job": {
      const { spec, status } = workload.object;
      // Of a Job those that are through count, too.
      return {
        wanted: spec?.completions ?? spec?.parallelism ?? 1,
        ready: (status?.succeeded ?? 0) + (status?.ready ?? 0),
      };
    }
  }
}
