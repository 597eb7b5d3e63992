/** Whether a gateway is to have its InternalFabric. Upstream: pkg/liqo-controller-manager/networking/internal-network/{server,client}-controller */
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { isConfigured } from "../configuration/status.ts";

export type Gateway = GatewayServer | GatewayClient;

export interface Observed {
  readonly gateway: Gateway | undefined;
  /** Those of the gateway's namespace. */
  readonly configurations: readonly Configuration[];
}

export type Plan =
  | { readonly do: "nothing" }
  | { readonly do: "apply"; readonly gateway: Gateway; readonly configuration: Configuration };

/** Not before the peer's CIDRs have their place and the gateway's pod its address. */
export function planInternalFabric({ gateway, configurations }: Observed): Plan {
  if (gateway === undefined || gateway.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  const remoteId = gateway.metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  const configuration = configurations.find(
    ({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === remoteId,
  );
  const isReachable = (gateway.status?.internalEndpoint?.ip ?? "") !== "";
  if (configuration === undefined || !isConfigured(configuration) || !isReachable) return { do: "nothing" };
  return { do: "apply", gateway, configuration };
}
