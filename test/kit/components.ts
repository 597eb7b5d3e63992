/** Liqo's running containers, to be hurt by name. */
import assert from "node:assert/strict";
import type { Pod } from "kubernetes-types/core/v1";
import type { RunningContainer } from "#engines/engine.ts";
import type { Clusters } from "./clusters.ts";

/** The first running container of that name among Liqo's pods. */
export async function liqoContainer({ get }: Clusters, cluster: string, name: string): Promise<RunningContainer> {
  const { items } = await get<{ items: Pod[] }>(cluster, "pods", "-A");
  const pod = items.find(
    ({ metadata, spec }) =>
      metadata?.namespace?.startsWith("liqo") === true && spec?.containers.some((each) => each.name === name),
  );
  const containerId = pod?.status?.containerStatuses?.find((each) => each.name === name)?.containerID;
  assert.ok(containerId !== undefined, `no running container ${name} in ${cluster}`);
  return { node: pod?.spec?.nodeName ?? "", containerId };
}
