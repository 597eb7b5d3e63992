/** Gives each node its part of the pod CIDR. Kubernetes: pkg/controller/nodeipam/ipam/range_allocator.go */
import type { Node } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { nodes } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { freePart } from "./plan.ts";

// A node may go meanwhile.
const RETRY_MS = 30_000;

interface Sources {
  readonly nodes: Store<Node>;
  /** By node, also what the cache does not show yet. */
  readonly given: Map<string, string>;
}

/** One worker: two nodes never get the same part. */
export function nodeIpamController(deps: Deps): Controller {
  const informer = deps.informers.for(nodes);
  const sources: Sources = { nodes: informer.store, given: new Map() };
  return {
    name: "node-ipam",
    watches: [watchFor(informer)],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, { nodes: store, given }: Sources, key: ObjectKey): Promise<Result> {
  const node = store.get(key);
  if (node === undefined) {
    given.delete(key.name);
    return DONE;
  }
  const current = node.spec?.podCIDR ?? "";
  if (current !== "") {
    given.set(key.name, current);
    return DONE;
  }
  const used = new Set([...given.values(), ...store.list().map(({ spec }) => spec?.podCIDR ?? "")]);
  const { podCidr, nodeCidrPrefix } = deps.settings;
  const cidr = given.get(key.name) ?? freePart(podCidr, nodeCidrPrefix, used);
  if (cidr === undefined) {
    deps.events.warning(ctx, node, "CIDRNotAvailable", `Node ${key.name} status is now: CIDRNotAvailable`);
    return { requeueAfterMs: RETRY_MS };
  }
  given.set(key.name, cidr);
  await deps.client.patch(ctx, nodes, key, "merge", { spec: { podCIDR: cidr, podCIDRs: [cidr] } });
  return DONE;
}
