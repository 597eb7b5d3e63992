/** From what is asked for to its chain. */
import type { Context } from "#base/context.ts";
import { answered, type Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";
import { claimChain } from "./claim.ts";
import { askForClaim } from "./claim-facts.ts";
import { foreignClusterChain } from "./foreigncluster.ts";
import type { Asked } from "./kinds.ts";
import { type Link, walk } from "./link.ts";
import { namespaceChain } from "./namespace.ts";
import { askForNamespace } from "./namespace-facts.ts";
import { nodeChain } from "./node.ts";
import { askForNode } from "./node-facts.ts";
import { askPeer } from "./peer-facts.ts";
import { podChain } from "./pod.ts";
import { askForPod } from "./pod-facts.ts";
import { type Access, accessTo } from "./provider.ts";
import { visible } from "./seen.ts";
import { serviceChain } from "./service.ts";
import { askForService } from "./service-facts.ts";

export interface Where {
  readonly home: Cluster;
  readonly remote: Cluster | undefined;
  readonly namespace: string;
}

/** Throws a CliError when there is no such object. */
export async function askWhy(ctx: Context, { home, remote, namespace }: Where, { kind, name }: Asked): Promise<Link[]> {
  const access = await accessTo(ctx, home, remote);
  const key = { namespace, name };
  switch (kind) {
    case "pod":
      return walk(podChain(await askForPod(ctx, access, key)));
    case "service":
      return walk(serviceChain(await askForService(ctx, access, key)));
    case "node":
      return walk(nodeChain(await askForNode(ctx, access, name)));
    case "namespace":
      return walk(namespaceChain(await askForNamespace(ctx, access, name)));
    case "persistentvolumeclaim":
      return walk(claimChain(await askForClaim(ctx, access, key)));
    case "foreigncluster":
      return walk(foreignClusterChain(await askForPeer(ctx, access, name)));
  }
}

async function askForPeer(ctx: Context, access: Access, id: string) {
  const facts = await answered(ctx, access.home, (limited) => askPeer(limited, access, id));
  const isKnown = [facts.peer, visible(facts.tenantNamespaces)?.[0]].some((found) => found !== undefined);
  if (!isKnown)
    throw new CliError(`foreigncluster ${id} does not exist`, { hint: "kubectl get foreignclusters; liqoctl peer" });
  return facts;
}
