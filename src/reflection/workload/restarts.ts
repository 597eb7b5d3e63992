/**
 * Restarts of an offloaded pod add up over all the remote pods that stood for it: a count never goes back.
 * Upstream: pkg/virtualKubelet/reflection/workload/podns.go (InferAdditionalRestarts), which counts one per remote pod.
 */
import type { ContainerStatus, Pod, PodStatus } from "kubernetes-types/core/v1";

export interface RestartRecord {
  readonly remoteUid: string;
  /** What earlier remote pods had, by container. */
  readonly earlier: Readonly<Record<string, number>>;
  /** What was told last, by container. */
  readonly told: Readonly<Record<string, number>>;
}

/** The record for the remote pod seen now. Without a previous record, what the local pod shows stands in for it. */
export function nextRestarts(previous: RestartRecord | undefined, local: Pod, remote: Pod): RestartRecord {
  const remoteUid = remote.metadata?.uid ?? "";
  const counts = countsOf(remote.status);
  if (previous?.remoteUid === remoteUid) {
    return { remoteUid, earlier: previous.earlier, told: sum(previous.earlier, counts) };
  }
  const told = previous?.told ?? countsOf(local.status);
  const earlier =
    previous === undefined
      ? // Our process is new: the remote pod may be, too, and then it counts less than was told already.
        mapValues(told, (count, name) => Math.max(0, count - (counts[name] ?? 0)))
      : mapValues(told, (count) => count + 1);
  return { remoteUid, earlier, told: sum(earlier, counts) };
}

function countsOf(status: PodStatus | undefined): Record<string, number> {
  const all: ContainerStatus[] = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return Object.fromEntries(all.map(({ name, restartCount }) => [name, restartCount]));
}

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...Object.keys(a), ...Object.keys(b)];
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

function mapValues(
  counts: Readonly<Record<string, number>>,
  change: (count: number, name: string) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, change(count, name)]));
}
