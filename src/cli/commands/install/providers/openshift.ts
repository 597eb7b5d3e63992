/** `liqoctl install openshift`. Upstream: pkg/liqoctl/install/openshift */
import { isNotFound } from "#machinery/status-error.ts";
import { CliError } from "../../../errors.ts";
import { apiServerOf, provider } from "../provider.ts";
import type { ClusterCidrs } from "./controller-manager.ts";

const PATH = "/apis/config.openshift.io/v1/networks/cluster";

/** The chart makes no SecurityContextConstraints. */
const SECURITY =
  "OpenShift starts no privileged pods by itself; allow those of the agents and gateways: `oc adm policy add-scc-to-group privileged system:serviceaccounts:liqo`, and the same with `:liqo-tenant-<peer>` for each peer";

/** As far as it is looked at. */
export interface NetworkConfig {
  readonly status?: {
    readonly clusterNetwork?: readonly { readonly cidr?: string }[];
    readonly serviceNetwork?: readonly string[];
  };
}

export const openshift = provider({
  name: "openshift",
  summary: "Install or upgrade Liqo on a cluster of OpenShift.",
  description:
    "As `liqoctl install`, with the CIDRs of the object networks.config.openshift.io/cluster. Gateways use WireGuard in userspace.",
  examples: ["liqoctl install openshift --cluster-labels region=europe --reserved-subnets 172.16.0.0/16"],
  flags: {},
  async detect(ctx, { client, server }) {
    try {
      const config = await client.raw<NetworkConfig>(ctx, "GET", PATH);
      return {
        ...cidrsOfNetworkConfig(config),
        apiServer: apiServerOf(undefined),
        values: { networking: { gatewayTemplates: { wireguard: { implementation: "userspace" } } } },
        warnings: [SECURITY],
      };
    } catch (cause) {
      if (!isNotFound(cause)) throw cause;
      throw new CliError(`${server} has no networks.config.openshift.io/cluster`, {
        cause,
        hint: "is the cluster one of OpenShift? If not: `liqoctl install --pod-cidr … --service-cidr …`",
      });
    }
  },
});

/** Throws a CliError unless there is one network of each. */
export function cidrsOfNetworkConfig({ status }: NetworkConfig): ClusterCidrs {
  const only = (field: string, cidrs: readonly (string | undefined)[]): string => {
    const [cidr] = cidrs;
    if (cidr !== undefined && cidrs.length === 1) return cidr;
    throw new CliError(
      `networks.config.openshift.io cluster: status.${field} names ${cidrs.length} networks, not one`,
      {
        hint: "give the CIDRs: `liqoctl install --pod-cidr … --service-cidr …`",
      },
    );
  };
  return {
    podCidrs: [
      only(
        "clusterNetwork",
        (status?.clusterNetwork ?? []).map(({ cidr }) => cidr),
      ),
    ],
    serviceCidr: only("serviceNetwork", status?.serviceNetwork ?? []),
  };
}
