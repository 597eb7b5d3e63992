/** Whether pods of a virtual node can be reached from here. */
import type { Node } from "kubernetes-types/core/v1";
import { API_SERVER_DOWN } from "#forge/node.ts";
import { findCondition } from "#machinery/conditions.ts";

/**
 * While only the provider's API server is away, its pods go on and the network leads to them: an upgrade there must not
 * take them out of their Services. Upstream counts every node that is not Ready.
 */
export function canServe({ status }: Node): boolean {
  const ready = findCondition(status?.conditions, "Ready");
  if (ready?.status === "True") return true;
  const network = findCondition(status?.conditions, "NetworkUnavailable");
  return ready?.reason === API_SERVER_DOWN && network?.status === "False";
}
