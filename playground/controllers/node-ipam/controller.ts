/** Gives each node its part of the pod CIDR. Kubernetes: pkg/controller/nodeipam/ipam/range_allocator.go */
import { formatCidr, maskOf } from "#base/cidr.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { nodes } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";

/** One worker: two nodes never get the same part. */
export function nodeIpamController(deps: Deps): Controller {
  const informer = deps.informers.for(nodes);
  const given = new Map<string, string>();
  return {
    name: "node-ipam",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key): Promise<Result> => {
      const node = informer.store.get(key);
      if (node === undefined) {
        given.delete(key.name);
        return DONE;
      }
      const current = node.spec?.podCIDR ?? "";
      if (current !== "") {
        given.set(key.name, current);
        return DONE;
      }
      const used = new Set([...given.values(), ...informer.store.list().map(({ spec }) => spec?.podCIDR ?? "")]);
      const cidr = given.get(key.name) ?? freePart(deps, used);
      if (cidr === undefined) {
        deps.events.warning(ctx, node, "CIDRNotAvailable", `Node ${key.name} status is now: CIDRNotAvailable`);
        return { requeueAfterMs: 30_000 };
      }
      given.set(key.name, cidr);
      await deps.client.patch(ctx, nodes, key, "merge", { spec: { podCIDR: cidr, podCIDRs: [cidr] } });
      return DONE;
    },
  };
}

function freePart(deps: Deps, used: ReadonlySet<string>): string | undefined {
  const { podCidr, nodeCidrPrefix } = deps.settings;
  const size = 2 ** (32 - nodeCidrPrefix);
  const count = 2 ** Math.max(0, nodeCidrPrefix - podCidr.prefix);
  for (let i = 0; i < count; i++) {
    const base = (podCidr.base + i * size) >>> 0;
    const cidr = formatCidr({ base: (base & maskOf(nodeCidrPrefix)) >>> 0, prefix: nodeCidrPrefix });
    if (!used.has(cidr)) return cidr;
  }
  return undefined;
}
