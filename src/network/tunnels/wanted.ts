/** How many tunnels there are to be: the ports of the gateway's own object, followed while it runs. */
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { GatewayOptions } from "../gateway/options.ts";

type Gateway = KubeObject & { readonly spec?: { readonly endpoint?: PortsOfEndpoint } };

interface PortsOfEndpoint {
  readonly port?: number;
  readonly ports?: readonly number[];
}

export interface WantedPorts {
  /** UDP, one for each tunnel, the first one's first. */
  ports(): readonly number[];
}

type Own = Pick<GatewayOptions, "mode" | "namespace" | "name" | "listenPort" | "endpoint" | "ports">;

/** `changed` is called when they may have changed. */
export function followPorts(informers: Informers, own: Own, changed: () => void): WantedPorts {
  const { mode, namespace, name } = own;
  const resource = (mode === "server" ? gatewayServers : gatewayClients) as Resource<Gateway>;
  const informer = informers.for<Gateway>(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  informer.addHandler({ added: changed, updated: changed, deleted: changed });
  return {
    ports: () => wantedPorts(informer.store.get({ namespace, name })?.spec?.endpoint, own),
  };
}

/**
 * The first is as the flags have it: to change that one means another gateway. Without an object, or with one that knows a
 * single port, the others are the flags', too.
 */
export function wantedPorts(
  endpoint: PortsOfEndpoint | undefined,
  { mode, listenPort, endpoint: dialled, ports: given }: Pick<Own, "mode" | "listenPort" | "endpoint" | "ports">,
): readonly number[] {
  const first = mode === "server" ? listenPort : (dialled?.port ?? listenPort);
  const wanted = endpoint === undefined ? given : (endpoint.ports ?? []);
  return [first, ...new Set(wanted.slice(1).filter((port) => port !== first))];
}
