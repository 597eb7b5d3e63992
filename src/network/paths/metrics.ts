/** What a node tells of the ways that it measures. */
import { Metrics } from "#base/metrics.ts";
import type { PathFound } from "./plan.ts";

/** Prometheus text: of ways that are measured now, by peer. */
export function renderPaths(node: string, found: ReadonlyMap<string, PathFound>): string {
  if (found.size === 0) return "";
  const metrics = new Metrics();
  const passes = metrics.gauge(
    "liqo_path_passes",
    "Whether packets of the node's pods come to the peer's gateway and back, by their size, small or full: 1, or 0.",
  );
  for (const [cluster_id, path] of found)
    for (const size of ["small", "full"] as const)
      passes.with({ cluster_id, node, size }).set(path[size] === "Passed" ? 1 : 0);
  return metrics.render();
}
