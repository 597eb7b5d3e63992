/** Nodes, real ones and those that stand for a provider. */
import type { Node } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { findCondition } from "#machinery/conditions.ts";
import { itemKey, type NodeItem } from "../../model/items.ts";
import { amountsOf } from "./amounts.ts";
import { trimMetadata } from "./writer.ts";

const KEPT = [labels.TYPE, labels.REMOTE_CLUSTER_ID];

export function trimNode(node: Node): Node {
  const { unschedulable } = node.spec ?? {};
  const { allocatable, conditions } = node.status ?? {};
  const ready = findCondition(conditions, "Ready");
  return {
    metadata: trimMetadata(node, KEPT),
    spec: { ...(unschedulable !== undefined && { unschedulable }) },
    status: { ...(allocatable !== undefined && { allocatable }), ...(ready !== undefined && { conditions: [ready] }) },
  };
}

/** Cluster id of the provider that a node stands for. */
export function providerOf(node: Node | undefined): string | undefined {
  return node !== undefined && isVirtualNode(node) ? node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] : undefined;
}

export function nodeItem(node: Node, cluster: string): NodeItem {
  const name = node.metadata?.name ?? "";
  const provider = providerOf(node);
  const condition = findCondition(node.status?.conditions, "Ready");
  const ready = condition?.status === "True";
  return {
    ...{ key: itemKey("node", cluster, "", name), cluster, kind: "node", name },
    ...(provider !== undefined && { provider }),
    ready,
    cordoned: node.spec?.unschedulable === true,
    ...(!ready && condition?.message !== undefined && { message: condition.message.slice(0, 500) }),
    allocatable: amountsOf(node.status?.allocatable),
  };
}
