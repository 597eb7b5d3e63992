/** What ./predict.ts has to know: read from this cluster alone, as the other one could not be asked either. */
import type { Job } from "kubernetes-types/batch/v1";
import type { Node, PersistentVolume, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { endpointSlices, jobs, nodes, persistentVolumes, pods, services } from "#machinery/builtin.ts";
import { answered, type Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";

export interface OutageFacts {
  /** Id of the cluster that is thought away. */
  readonly lost: string;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly jobs: readonly Job[];
  readonly volumes: readonly PersistentVolume[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

/** Throws a CliError where there is no such peer. */
export function collectOutageFacts(ctx: Context, cluster: Cluster, lost: string): Promise<OutageFacts> {
  const { client } = cluster;
  return answered(ctx, cluster, async (limited) => {
    const peer = await client.find(limited, foreignClusters, { name: lost });
    if (peer === undefined)
      throw new CliError(`this cluster has no peer ${lost}`, { hint: "kubectl get foreignclusters" });
    const [ofNodes, ofPods, ofJobs, ofVolumes, ofServices, ofSlices] = await Promise.all([
      client.list(limited, nodes),
      client.list(limited, pods),
      client.list(limited, jobs),
      client.list(limited, persistentVolumes),
      client.list(limited, services),
      client.list(limited, endpointSlices),
    ]);
    return {
      lost,
      nodes: ofNodes.items,
      pods: ofPods.items,
      jobs: ofJobs.items,
      volumes: ofVolumes.items,
      services: ofServices.items,
      slices: ofSlices.items,
    };
  });
}
