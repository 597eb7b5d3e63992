/** Clusters: whether they answer, and what of them may not be read. */
import { type ClusterItem, itemKey } from "../../model/items.ts";

export interface ClusterState {
  readonly cluster: string;
  readonly id: string | undefined;
  readonly version: string | undefined;
  /** Why it does not answer; undefined: it does. */
  readonly silence: string | undefined;
  /** Resources that may not be listed. */
  readonly refused: readonly string[];
}

export function clusterItem({ cluster, id, version, silence, refused }: ClusterState): ClusterItem {
  const message = silence ?? (refused.length === 0 ? undefined : `may not be read: ${[...refused].sort().join(", ")}`);
  return {
    ...{ key: itemKey("cluster", cluster, "", ""), cluster, kind: "cluster" },
    ...(id !== undefined && { id }),
    ...(version !== undefined && { version }),
    reachable: silence === undefined,
    ...(message !== undefined && { message: message.slice(0, 500) }),
  };
}
