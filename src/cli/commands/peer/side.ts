/** What the parts of `liqoctl peer` know of each of the two clusters. */
import type { Cluster } from "../../cluster.ts";
import type { Scope } from "../../printer/printer.ts";

/** One side of the peering. */
export interface Side {
  readonly scope: Scope;
  readonly cluster: Cluster;
  readonly id: string;
  /** Its namespace for the other side. */
  readonly namespace: string;
}
