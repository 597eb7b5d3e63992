/** `liqoctl install aks`. Upstream: pkg/liqoctl/install/aks */
import { TOPOLOGY_REGION } from "#api/labels.ts";
import { flag } from "../../../command/flag.ts";
import { CliError } from "../../../errors.ts";
import { apiServerOf, provider } from "../provider.ts";
import { askTool, type CloudTool, needed } from "./cloud-tool.ts";

const AZ: CloudTool = {
  program: "az",
  site: "https://learn.microsoft.com/cli/azure/install-azure-cli",
  login: "az login",
  loggedOut: /az login/,
};
/** Of the network that AKS makes when it is given none: its nodes, and with Azure CNI its pods too. */
const DEFAULT_SUBNET = "10.224.0.0/16";

/** `az aks show`, as far as it is looked at. */
export interface ManagedCluster {
  readonly fqdn?: string | null;
  readonly privateFqdn?: string | null;
  readonly location?: string | null;
  readonly networkProfile?: {
    readonly networkPlugin?: string | null;
    readonly networkPluginMode?: string | null;
    readonly podCidr?: string | null;
    readonly serviceCidr?: string | null;
  } | null;
  readonly agentPoolProfiles?: readonly { readonly vnetSubnetId?: string | null }[] | null;
}

/** `az network vnet subnet show` */
interface Subnet {
  readonly addressPrefix?: string | null;
  readonly addressPrefixes?: readonly string[] | null;
}

export interface AksFlags {
  readonly resourceName: string;
  readonly podCidr: readonly string[];
  readonly fqdn: string | undefined;
  readonly privateLink: boolean;
}

export const aks = provider({
  name: "aks",
  summary: "Install or upgrade Liqo on a cluster of Azure (AKS).",
  description: "As `liqoctl install`; CIDRs and API server are asked of the Azure CLI, `az`, which must be logged in.",
  examples: ["liqoctl install aks --resource-group-name bar --resource-name foo --subscription-name mine"],
  flags: {
    resourceGroupName: flag.required("resource group of the cluster", "name"),
    resourceName: flag.required("name of the cluster in Azure", "name"),
    subscriptionId: flag.string("subscription of the cluster; goes before --subscription-name", "id"),
    subscriptionName: flag.string("subscription of the cluster", "name"),
    vnetResourceGroupName: flag.string(
      "resource group of its virtual network (default: as --resource-group-name)",
      "name",
    ),
    podCidr: flag.lists("CIDR of the pods, for Azure CNI without a subnet of its own and for no CNI", "cidr"),
    fqdn: flag.string("name of the API server of a private cluster", "name"),
    privateLink: flag.boolean("use the private name of the API server"),
  },
  async detect(ctx, _cluster, flags) {
    const subscription = flags.subscriptionId ?? flags.subscriptionName;
    if (subscription === undefined)
      throw new CliError("neither --subscription-id nor --subscription-name is given", {
        hint: "`az account list` shows them",
      });
    const of = ["--subscription", subscription, "--output", "json"];
    const { resourceGroupName: group, resourceName: name } = flags;
    const cluster = await askTool<ManagedCluster>(ctx, AZ, [
      ...["aks", "show", "--resource-group", group, "--name", name],
      ...of,
    ]);
    const vnetGroup = flags.vnetResourceGroupName ?? group;
    const cidrs: string[] = [];
    for (const id of subnetsOf(cluster)) {
      const { vnet, subnet } = parseSubnetId(id);
      const args = ["network", "vnet", "subnet", "show", "--resource-group", vnetGroup, "--vnet-name", vnet];
      const { addressPrefix, addressPrefixes } = await askTool<Subnet>(ctx, AZ, [...args, "--name", subnet, ...of]);
      cidrs.push(needed(addressPrefix ?? addressPrefixes?.[0], "addressPrefix", `subnet ${subnet}`));
    }
    return readCluster(cluster, cidrs, flags);
  },
});

/** Whose CIDRs have to be asked for, in the order in which `readCluster` wants them. */
function subnetsOf(cluster: ManagedCluster): string[] {
  const ids = (cluster.agentPoolProfiles ?? []).map(({ vnetSubnetId }) => vnetSubnetId ?? "");
  if (!arePodsInSubnets(cluster)) return ids[0] === undefined || ids[0] === "" ? [] : [ids[0]];
  // As upstream: a first pool without one means the network that AKS makes.
  return ids[0] === "" ? [] : [...new Set(ids.filter((id) => id !== ""))];
}

/** With the older Azure CNI pods have addresses of the nodes' subnets. */
function arePodsInSubnets({ networkProfile }: ManagedCluster): boolean {
  return networkProfile?.networkPlugin === "azure" && networkProfile.networkPluginMode !== "overlay";
}

/** `…/virtualNetworks/<vnet>/subnets/<subnet>` */
export function parseSubnetId(id: string): { readonly vnet: string; readonly subnet: string } {
  const [, vnet, subnet] = /\/virtualNetworks\/([^/]+)\/subnets\/([^/]+)$/i.exec(id) ?? [];
  if (vnet === undefined || subnet === undefined) throw new CliError(`"${id}" is no id of a subnet of Azure`);
  return { vnet, subnet };
}

export function readCluster(cluster: ManagedCluster, subnetCidrs: readonly string[], flags: AksFlags) {
  const name = `AKS cluster ${flags.resourceName}`;
  const { networkPlugin, podCidr, serviceCidr } = cluster.networkProfile ?? {};
  const network = (() => {
    if (arePodsInSubnets(cluster)) {
      const given = flags.podCidr.length === 0 ? [DEFAULT_SUBNET] : flags.podCidr;
      return { podCidrs: subnetCidrs.length === 0 ? given : [...new Set(subnetCidrs)] };
    }
    switch (networkPlugin) {
      case "azure":
      case "kubenet":
        return {
          podCidrs: [needed(podCidr, "networkProfile.podCidr", name)],
          reservedSubnets: [subnetCidrs[0] ?? DEFAULT_SUBNET],
        };
      case "none":
        if (flags.podCidr.length > 0) return { podCidrs: flags.podCidr };
        throw new CliError(`${name} has no network plugin of Azure`, { hint: "give --pod-cidr" });
      default:
        throw new CliError(`${name} has the network plugin ${networkPlugin}, which is not known`, {
          hint: "give the CIDRs: `liqoctl install --pod-cidr … --service-cidr …`",
        });
    }
  })();
  const url = flags.privateLink
    ? needed(cluster.privateFqdn, "privateFqdn", name)
    : needed(cluster.fqdn || flags.fqdn, "fqdn", name);
  return {
    ...network,
    serviceCidr: needed(serviceCidr, "networkProfile.serviceCidr", name),
    apiServer: apiServerOf(url),
    clusterId: flags.resourceName,
    values: { networking: { fabric: { config: { gatewayMasqueradeBypass: true } } } },
    ...(cluster.location && { clusterLabels: { [TOPOLOGY_REGION]: cluster.location } }),
  };
}
