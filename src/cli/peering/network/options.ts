/** How a tunnel between two clusters is to be: the flags that say so, and what they mean. Upstream: pkg/liqoctl/network */

import type { FlagValues } from "../../command/flag.ts";
import { flag, number, port } from "../../command/flag.ts";
import { CliError } from "../../errors.ts";
import { checkTunnels } from "./tunnels.ts";

// IPv4 promises 576 bytes; 65535 less the headers of IP, UDP and WireGuard.
const MIN_MTU = 576;
const MAX_MTU = 65_455;

export type ServiceType = "LoadBalancer" | "NodePort" | "ClusterIP";

export const SERVICE_TYPES: readonly ServiceType[] = ["LoadBalancer", "NodePort", "ClusterIP"];

export interface Template {
  readonly name: string;
  /** Undefined: that of Liqo, where the gateway is. */
  readonly namespace: string | undefined;
}

export interface NetworkOptions {
  readonly mtu: number;
  readonly serviceType: ServiceType;
  readonly port: number;
  /** Undefined: as many as there are. */
  readonly tunnels: number | undefined;
  readonly nodePort: number | undefined;
  readonly loadBalancerIp: string | undefined;
  readonly clientAddress: string | undefined;
  readonly clientPort: number | undefined;
  readonly clientTcpPort: number | undefined;
  /** Where the server offers TCP beside UDP. */
  readonly usesTcpCarrier: boolean;
  readonly serverTemplate: Template;
  readonly clientTemplate: Template;
  /** Otherwise each gateway waits until somebody brings it the key of the other. */
  readonly sharesKeys: boolean;
  /** Templates and Service are looked at before the first change. */
  readonly isChecked: boolean;
  readonly timeoutMs: number;
}

const DEFAULT_TEMPLATES = { server: "wireguard-server", client: "wireguard-client" } as const;

export const DEFAULT_PORT = 51_840;

export const mtuFlag = flag.of("largest MTU of the tunnel, which is measured", "bytes", number, 1340);

/** Kubernetes' own zero: let it choose. */
export function portOrZero(text: string): number | undefined {
  return text === "0" ? undefined : port(text);
}

export const gatewayFlags = {
  gwServerServiceType: flag.choice("Service of the gateway server", "type", SERVICE_TYPES, { initial: "LoadBalancer" }),
  gwServerServicePort: flag.of("port of the gateway server", "port", port, DEFAULT_PORT),
  gwTunnels: flag.of<number | undefined>(
    "number of tunnels, each with a UDP port from that of the gateway server on (default: as many as there are, or 1)",
    "number",
    number,
    undefined,
  ),
  gwServerServiceNodeport: flag.of<number | undefined>(
    "node port of the gateway server",
    "port",
    portOrZero,
    undefined,
  ),
  gwServerServiceLoadbalancerip: flag.string("address wanted from the load balancer", "ip"),
  gwClientAddress: flag.string("address the client dials instead of the server's", "address"),
  gwClientPort: flag.of<number | undefined>(
    "port the client dials instead of the server's",
    "port",
    portOrZero,
    undefined,
  ),
  gwClientTcpPort: flag.of<number | undefined>(
    "TCP port the client dials instead of the server's where UDP is shut",
    "port",
    portOrZero,
    undefined,
  ),
  disableTcpCarrier: flag.boolean("UDP only, also where the gateway server takes TCP, too"),
  mtu: mtuFlag,
  skipValidation: flag.boolean("do not look at templates and Service of the gateways before the first change"),
};

/** Throws a CliError for what no tunnel can be. */
export function networkOptions(
  flags: FlagValues<typeof gatewayFlags> & { readonly timeout: number },
  more: Partial<Pick<NetworkOptions, "serverTemplate" | "clientTemplate" | "sharesKeys">> = {},
): NetworkOptions {
  checkMtu(flags.mtu);
  checkTunnels(flags.gwTunnels, flags.gwServerServicePort);
  return {
    mtu: flags.mtu,
    serviceType: flags.gwServerServiceType,
    port: flags.gwServerServicePort,
    tunnels: flags.gwTunnels,
    nodePort: flags.gwServerServiceNodeport,
    loadBalancerIp: flags.gwServerServiceLoadbalancerip,
    clientAddress: flags.gwClientAddress,
    clientPort: flags.gwClientPort,
    clientTcpPort: flags.gwClientTcpPort,
    usesTcpCarrier: !flags.disableTcpCarrier,
    serverTemplate: { name: DEFAULT_TEMPLATES.server, namespace: undefined },
    clientTemplate: { name: DEFAULT_TEMPLATES.client, namespace: undefined },
    sharesKeys: true,
    isChecked: !flags.skipValidation,
    timeoutMs: flags.timeout,
    ...more,
  };
}

export function checkMtu(mtu: number): void {
  if (mtu < MIN_MTU || mtu > MAX_MTU)
    throw new CliError(`--mtu ${mtu}: must be from ${MIN_MTU} to ${MAX_MTU}`, { hint: "leave it out for 1340" });
}

/** Liqo makes gateways of nothing else; upstream takes any resource and waits for somebody who does. */
export const serverTypeFlag = flag.choice(
  "kind of the gateway server's template",
  "resource",
  ["networking.liqo.io/v1beta1/wggatewayservertemplates"],
  { initial: "networking.liqo.io/v1beta1/wggatewayservertemplates" },
);

export const clientTypeFlag = flag.choice(
  "kind of the gateway client's template",
  "resource",
  ["networking.liqo.io/v1beta1/wggatewayclienttemplates"],
  { initial: "networking.liqo.io/v1beta1/wggatewayclienttemplates" },
);

export function templateFlag(of: "server" | "client") {
  return flag.string(`name of the gateway ${of}'s template`, "name", { initial: DEFAULT_TEMPLATES[of] });
}

export function templateNamespaceFlag(of: "server" | "client") {
  return flag.string(`namespace of the gateway ${of}'s template (default: that of Liqo, where the gateway is)`, "name");
}
