/** What keeps a node from masquerading its gateways. Upstream: pkg/liqo-controller-manager/networking/internal-network/gw-masq-bypass */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import { forgeGatewayBypass } from "#forge/networking/firewall.ts";
import { isTerminal } from "#machinery/pod.ts";

export interface Observed {
  readonly node: InternalNode;
  /** Those of the node. */
  readonly pods: readonly Pod[];
  readonly isEnabled: boolean;
  readonly liqoNamespace: string;
  readonly overlayPort: number;
}

export type Plan =
  | { readonly do: "nothing" }
  | { readonly do: "write"; readonly table: FirewallConfiguration }
  /** Of the node the name counts alone. */
  | { readonly do: "delete"; readonly table: FirewallConfiguration };

export function planGatewayBypass({ node, pods, isEnabled, liqoNamespace, overlayPort }: Observed): Plan {
  if (node.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  const gateways = isEnabled ? pods.filter(isGateway) : [];
  const table = forgeGatewayBypass(node, gateways, { namespace: liqoNamespace, overlayPort });
  return gateways.length === 0 ? { do: "delete", table } : { do: "write", table };
}

function isGateway(pod: Pod): boolean {
  const { metadata, spec, status } = pod;
  const isOne = metadata?.labels?.[labels.GATEWAY_NAME] !== undefined;
  return isOne && spec?.hostNetwork !== true && (status?.podIP ?? "") !== "" && !isTerminal(pod);
}
