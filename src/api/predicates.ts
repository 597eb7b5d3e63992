/** What an object is, by the labels that Liqo gives it. Upstream: pkg/consts (liqo.io/type, liqo.io/replicated) */
import type { KubeObject } from "#machinery/meta.ts";
import * as labels from "./labels.ts";

/** Whether a Node stands for a provider. */
export function isVirtualNode({ metadata }: KubeObject): boolean {
  return metadata?.labels?.[labels.TYPE] === labels.TYPE_VIRTUAL_NODE;
}

/** Whether a peer has replicated the object into this cluster. */
export function isReplica({ metadata }: KubeObject): boolean {
  return metadata?.labels?.[labels.REPLICATED] === "true";
}
