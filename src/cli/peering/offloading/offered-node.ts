/**
 * A VirtualNode of what a provider offers: as a slice that it has accepted says, or as a person says. Upstream:
 * pkg/liqoctl/rest/virtualnode, pkg/liqo-controller-manager/offloading/forge/virtualnode.go
 */
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { resourceSliceIdentityName } from "#forge/names.ts";
import { forgeVirtualNode } from "#forge/virtualnode.ts";
import { secrets } from "#machinery/builtin.ts";
import { waitFor } from "../../cluster.ts";
import { type FlagValues, flag, list, longName, pairs } from "../../command/flag.ts";
import { CliError } from "../../errors.ts";
import type { Side } from "../side.ts";
import { refusalOf, resourcesOf } from "./slice.ts";

/** For a node of a Secret; a slice says all that itself. */
export const offerFlags = {
  cpu: flag.string("cpu that the node offers (default: 2)", "quantity"),
  memory: flag.string("memory that the node offers (default: 4Gi)", "quantity"),
  pods: flag.string("pods that the node offers (default: 110)", "quantity"),
  resource: flag.of("other resources that the node offers", "k=v,…", pairs, {}),
  storageClasses: flag.of("storage classes at the provider, the default one first", "name,…", list, []),
  ingressClasses: flag.of("ingress classes at the provider, the default one first", "name,…", list, []),
  loadBalancerClasses: flag.of("load balancer classes at the provider, the default one first", "name,…", list, []),
  labels: flag.of("labels of the node", "k=v,…", pairs, {}),
  nodeSelector: flag.of("node selector of the pods at the provider", "k=v,…", pairs, {}),
};

type OfferFlags = FlagValues<typeof offerFlags>;

/** Throws a CliError unless the provider has accepted the slice. */
export async function nodeOfSlice(
  ctx: Context,
  { cluster: { client }, namespace, peerId }: Side,
  names: { readonly node: string; readonly slice: string },
  flags: OfferFlags & { readonly timeout: number },
): Promise<VirtualNode> {
  requireNone(flags);
  const slice = await client.find(ctx, resourceSlices, { namespace, name: names.slice });
  if (slice === undefined || isReplica(slice))
    throw new CliError(`there is no ResourceSlice ${names.slice} that asks ${peerId} for resources`, {
      hint: `make it with \`liqoctl create resourceslice ${names.slice} --remote-cluster-id ${peerId}\``,
    });
  const isAccepted = slice.status?.conditions?.some(
    ({ type, status }) => type === "Resources" && status === "Accepted",
  );
  if (isAccepted !== true)
    throw new CliError(
      `ResourceSlice ${names.slice} is not accepted: ${refusalOf(slice) ?? "the provider has not answered"}`,
      { hint: "`liqoctl info peer` tells of the provider; then again" },
    );
  const identity = await waitFor(
    ctx,
    client,
    identities,
    { namespace, name: resourceSliceIdentityName(names.slice) },
    {
      until: (found) => (found?.status?.kubeconfigSecretRef?.name ?? "") !== "",
      timeoutMs: flags.timeout,
      what: "no kubeconfig; is liqo-controller-manager running",
    },
  );
  return forgeVirtualNode(slice, names.node, identity?.status?.kubeconfigSecretRef?.name ?? "", {});
}

/** Throws a CliError unless the Secret has a kubeconfig. */
export async function nodeOfSecret(
  ctx: Context,
  { cluster: { client }, namespace, peerId }: Side,
  names: { readonly node: string; readonly secret: string },
  flags: OfferFlags,
): Promise<VirtualNode> {
  const { cpu = "2", memory = "4Gi", pods = "110", resource } = flags;
  const hard = { ...resourcesOf({ cpu, memory, pods, resource }) };
  const secret = await client.find(ctx, secrets, { namespace, name: names.secret });
  if (secret?.data?.["kubeconfig"] === undefined)
    throw new CliError(
      `Secret ${namespace}/${names.secret} ${secret === undefined ? "does not exist" : "has no key kubeconfig"}`,
      {
        hint: `\`kubectl get secrets -n ${namespace} -l ${labels.IDENTITY_TYPE}\` lists those that Liqo has made`,
      },
    );
  const { nodeSelector } = flags;
  return {
    metadata: { name: names.node, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: peerId } },
    spec: {
      clusterID: peerId,
      kubeconfigSecretRef: { name: names.secret },
      labels: { ...flags.labels, [labels.REMOTE_CLUSTER_ID]: peerId },
      resourceQuota: { hard },
      ...classes("storageClasses", "storageClassName", flags.storageClasses),
      ...classes("ingressClasses", "ingressClassName", flags.ingressClasses),
      ...classes("loadBalancerClasses", "loadBalancerClassName", flags.loadBalancerClasses),
      ...(Object.keys(nodeSelector).length > 0 && { offloadingPatch: { nodeSelector: { ...nodeSelector } } }),
    },
  };
}

function requireNone(flags: OfferFlags): void {
  const given = Object.keys(offerFlags).find((key) => {
    const value = flags[key as keyof OfferFlags];
    return value !== undefined && (typeof value === "string" || Object.keys(value).length > 0);
  });
  if (given !== undefined)
    throw new CliError(`${longName(given)} and --resource-slice-name: a node of a slice offers what the slice says`, {
      hint: `leave ${longName(given)} out, or ask for more by \`liqoctl create resourceslice\``,
    });
}

function classes(field: string, name: string, all: readonly string[]): object {
  return all.length === 0
    ? {}
    : { [field]: all.map((each, i) => ({ [name]: each, ...(i === 0 && { default: true }) })) };
}
