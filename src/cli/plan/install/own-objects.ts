/** What liqo-controller-manager makes for a cluster without any peer, and what it takes away. Pure. */
import type { Node, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type IP, ips } from "#api/ipam/ip.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { forgeWellKnownIp } from "#forge/ip.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import { forgeIpMapping, forgeNodePortFirewall } from "#forge/networking/firewall.ts";
import { forgeInternalNode } from "#forge/networking/internal.ts";
import { forgeExternalRoutes, forgeNodePortRoutes, forgePodRoutes } from "#forge/networking/routes.ts";
import { planIps } from "#forge/well-known-ips.ts";
import { secrets } from "#machinery/builtin.ts";
import { type Step, step } from "../model.ts";
import type { Root } from "../removal.ts";
import { WEBHOOK_SECRET } from "../uninstalling.ts";
import type { FlagOf } from "./switches.ts";

export interface OwnFacts {
  readonly id: string;
  readonly liqoNamespace: string;
  /** What the controller manager will be told. */
  readonly flagOf: FlagOf;
  readonly nodes: readonly Node[];
  /** `kubernetes` of the namespace default, and its slices. */
  readonly apiServer: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  /** As it is, or as the chart makes it. */
  readonly proxy: Service | undefined;
  /** Those of liqo-controller-manager for the cluster itself. */
  readonly ips: readonly IP[];
}

/** All that there is to be, whatever of it is there already; changes, of what is there. */
export function planOwnObjects(facts: OwnFacts): { readonly steps: Step[]; readonly roots: Root[] } {
  const { id, liqoNamespace: namespace, flagOf } = facts;
  const secret = (name: string, why: string): Step =>
    step(id, "create", secrets, { metadata: { namespace, name } }, why);
  const network = flagOf("networking-enabled") === "false" ? { steps: [], roots: [] } : ownNetwork(facts);
  return {
    steps: [
      secret(WEBHOOK_SECRET, "the certificate of the webhooks"),
      ...(flagOf("authentication-enabled") === "false" ? [] : [secret(KEYS_SECRET, "the cluster's own key")]),
      ...network.steps,
    ],
    roots: network.roots,
  };
}

function ownNetwork(facts: OwnFacts): { readonly steps: Step[]; readonly roots: Root[] } {
  const { id, liqoNamespace: namespace, flagOf, apiServer, slices, ips: found } = facts;
  const proxy = flagOf("enable-api-server-proxy-ip-remapping") === "false" ? undefined : addressed(facts.proxy);
  const plan = planIps(
    { apiServer, slices, proxy, found },
    { usesEndpointSlices: flagOf("api-server-ip-use-endpointslices") === "true" },
  );
  const come = plan.create.map((ip) => forgeWellKnownIp(namespace, ip));
  const stay = found.filter((ip) => !plan.remove.includes(ip));
  const mapped = [...stay, ...come];
  const isRemapped = mapped.length > stay.length || stay.length < found.length;
  const steps = [
    ...come.map((ip) => step(id, "create", ips, ip, "an address by which peers reach what has none in the pod CIDR")),
    ...mapped.map((ip) =>
      step(id, "create", firewallConfigurations, forgeIpMapping(ip), `maps the address of IP ${ip.metadata?.name}`),
    ),
    step(id, "create", firewallConfigurations, forgeNodePortFirewall([], namespace, ""), "the way back of node ports"),
    ...facts.nodes
      .filter((node) => !isVirtualNode(node))
      .flatMap((node) => nodeSteps(facts, node, { mapped, isRemapped })),
  ];
  return {
    steps,
    roots: plan.remove.map((ip) => ({
      object: { ...ip, kind: ips.kind },
      why: "what it stood for is not there any more",
    })),
  };
}

/** One that the chart makes has no address yet. */
function addressed(service: Service | undefined): Service | undefined {
  if (service === undefined || service.spec?.clusterIP !== undefined) return service;
  return { ...service, spec: { ...service.spec, clusterIP: "to come" } };
}

interface Mapped {
  readonly mapped: readonly IP[];
  /** They are not those of before. */
  readonly isRemapped: boolean;
}

function nodeSteps({ id, liqoNamespace: namespace }: OwnFacts, node: Node, { mapped, isRemapped }: Mapped): Step[] {
  const { name = "" } = node.metadata ?? {};
  const internal = forgeInternalNode(name, "", "");
  const external = forgeExternalRoutes(
    internal,
    namespace,
    [],
    mapped.map(({ spec }) => spec?.ip ?? ""),
  );
  const routes = [
    forgePodRoutes(internal, namespace, []),
    ...(external === undefined ? [] : [external]),
    forgeNodePortRoutes(internal, 0, namespace, ""),
  ];
  return [
    step(id, "create", internalNodes, internal, `node ${name} in the overlay`),
    ...routes.map((table) => step(id, "create", routeConfigurations, table, `from gateways to node ${name}`)),
    ...(external !== undefined && isRemapped
      ? [step(id, "change", routeConfigurations, external, "to the addresses of IPs")]
      : []),
  ];
}
