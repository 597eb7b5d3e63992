/** The way between the pods of two clusters: CIDRs, gateway, tunnel, overlay. Pure. */
import type { Pod } from "kubernetes-types/core/v1";
import { CONNECTION_PROBLEM } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { findCondition } from "#machinery/conditions.ts";
import { isReady } from "#machinery/pod.ts";
import { connectionState, pathProblems } from "#trust/connection.ts";
import { life } from "./life.ts";
import { broken, type Chain, type Link, ok, unknown } from "./link.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, type Seen, unseen, visible } from "./seen.ts";

const CONNECT = "liqoctl network connect";

/** Whether anybody wants one: pods may be offloaded without. */
export function hasNetwork(facts: PeerFacts): boolean {
  return [facts.configurations, facts.servers, facts.clients, facts.connections].some(
    (seen: Seen<readonly unknown[]>) => isHidden(seen) || seen.length > 0,
  );
}

export function* networkChain(facts: PeerFacts): Chain {
  if (!hasNetwork(facts)) return yield ok("network", `none is wanted with ${facts.id}`);
  yield* configurationLinks(facts);
  yield* gatewayLinks(facts);
  yield* tunnelLink(facts);
  yield* fabricLink(facts);
  yield* tablesLink(facts);
  yield* pathsLink(facts);
}

export function* configurationLinks({ id, configurations, networks }: PeerFacts): Chain {
  if (isHidden(configurations)) return yield unseen("Configuration", "the Configuration", configurations);
  const [configuration] = configurations;
  if (configuration === undefined)
    return yield broken("Configuration", `there is none for ${id}: its CIDRs are not known here`, CONNECT);
  const { name, namespace } = configuration.metadata ?? {};
  const done = findCondition(configuration.status?.conditions, "NetworkCIDRsConfigured");
  const { pod = [], external = [] } = configuration.status?.remote?.cidr ?? {};
  if (done?.status === "True") {
    const cidrs = configuration.spec?.remote?.cidr?.pod?.join(", ");
    return yield ok(
      "Configuration",
      `pods of ${id}, ${cidrs} there, are ${pod.join(", ")} here; ${external.join(", ")} is what else it has`,
    );
  }
  const describe = `kubectl describe configuration ${name} -n ${namespace}`;
  const owned = visible(networks)?.filter(({ metadata }) => metadata?.name?.startsWith(`${name}-`)) ?? [];
  const unmapped = owned.find(({ status }) => status?.cidr === undefined);
  if (unmapped !== undefined)
    return yield broken(
      "IPAM",
      `it gives ${unmapped.spec?.cidr} of ${id} no place: Network ${unmapped.metadata?.name} has no status`,
      `kubectl describe network.ipam.liqo.io ${unmapped.metadata?.name} -n ${namespace}; see ipam.pools of the chart`,
    );
  yield broken("Configuration", done?.message ?? `the CIDRs of ${id} have no place here yet`, describe);
}

type Gateway = { readonly kind: "GatewayServer" | "GatewayClient"; readonly object: GatewayServer | GatewayClient };

export function* gatewayLinks(facts: PeerFacts): Chain {
  const { id, servers, clients, gatewayPods } = facts;
  if (isHidden(servers)) return yield unseen("gateway", "the GatewayServer", servers);
  if (isHidden(clients)) return yield unseen("gateway", "the GatewayClient", clients);
  const [gateway] = [
    ...servers.map((object): Gateway => ({ kind: "GatewayServer", object })),
    ...clients.map((object): Gateway => ({ kind: "GatewayClient", object })),
  ];
  if (gateway === undefined)
    return yield broken("gateway", `there is neither a GatewayServer nor a GatewayClient for ${id}`, CONNECT);
  const { kind, object } = gateway;
  const { name = "", namespace = "" } = object.metadata ?? {};
  if (isHidden(facts.publicKeys)) return yield unseen("key", "the peer's public key", facts.publicKeys);
  if (facts.publicKeys.length === 0)
    return yield broken("key", `the public key of the gateway of ${id} is not known: there is no PublicKey`, CONNECT);
  const problem = renderProblem(gateway, servers[0], clients[0]);
  if (problem !== undefined)
    return yield broken("gateway", problem, `kubectl describe ${kind} ${name} -n ${namespace}`);
  if (isHidden(gatewayPods)) return yield unseen("gateway", "the gateway's pods", gatewayPods);
  const own = gatewayPods.filter(({ metadata }) => metadata?.labels?.[labels.GATEWAY_NAME] === name);
  yield podsLink("gateway", `${kind} ${name}`, own, namespace);
  const server = servers[0]?.status?.endpoint;
  if (kind === "GatewayServer" && (server?.addresses ?? []).length === 0)
    yield broken(
      "gateway",
      `${id} cannot reach GatewayServer ${name}: its Service has no address yet`,
      `kubectl get service -n ${namespace}; a cluster without load balancers takes --gw-server-service-type NodePort`,
    );
}

function renderProblem(
  { kind, object }: Gateway,
  server: GatewayServer | undefined,
  client: GatewayClient | undefined,
): string | undefined {
  const template = kind === "GatewayServer" ? server?.spec?.serverTemplateRef : client?.spec?.clientTemplateRef;
  const rendered = kind === "GatewayServer" ? server?.status?.serverRef : client?.status?.clientRef;
  if (rendered !== undefined) return undefined;
  const named = `${template?.kind ?? "template"} ${template?.namespace ?? ""}/${template?.name ?? ""}`;
  return `nothing is rendered of ${kind} ${object.metadata?.name}: ${named} may not exist`;
}

/** Of a program of Liqo's that one ready pod is enough of. */
export function podsLink(link: string, what: string, pods: readonly Pod[], namespace: string): Link {
  const ready = pods.find(isReady);
  if (ready !== undefined) return ok(link, `${what} runs: ${ready.metadata?.name} on ${ready.spec?.nodeName}`);
  const [pod] = pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  if (pod === undefined)
    return broken(
      link,
      `${what} has no pod`,
      `kubectl get deployments,replicasets -n ${namespace}; kubectl get events -n ${namespace}`,
    );
  const see = `kubectl describe pod ${pod.metadata?.name} -n ${namespace}`;
  const told = findCondition(pod.status?.conditions, "PodScheduled");
  if (pod.spec?.nodeName === undefined)
    return broken(link, `${what}: its pod has no node: ${told?.message ?? "no scheduler has looked at it"}`, see);
  const end = life({ pod, events: [], cluster: undefined }).at(-1);
  return broken(link, `${what}: its pod ${pod.metadata?.name} is not ready: ${end?.says ?? ""}`, end?.hint ?? see);
}

export function* tunnelLink({ id, connections, nowMs }: PeerFacts): Chain {
  if (isHidden(connections)) return yield unseen("tunnel", "the Connection", connections);
  const [connection] = connections;
  if (connection === undefined)
    return yield broken(
      "tunnel",
      `there is no Connection with ${id}: its gateway has not told of one`,
      "see the gateway's logs",
    );
  const { name, namespace, annotations } = connection.metadata ?? {};
  const { latency, mtu } = connection.status ?? {};
  const value = connectionState(connection.status, nowMs) ?? "nothing";
  if (value === "Unknown")
    return yield unknown(
      "tunnel",
      `Connection ${name} with ${id} says Connected, but that is of ${latency?.timestamp}: its gateway tells nothing any more`,
      `see whether the gateway reaches its API server; kubectl get pods -n ${namespace} -l ${labels.NETWORKING_COMPONENT}=gateway -o wide`,
    );
  if (value === "Connected")
    return yield ok(
      "tunnel",
      `to ${id}, ${latency?.value ?? "?"} there and back${mtu?.value === undefined ? "" : `, MTU ${mtu.value}`}`,
    );
  const problem = annotations?.[CONNECTION_PROBLEM];
  yield broken(
    "tunnel",
    `Connection ${name} with ${id} says ${value}${problem === undefined ? "" : `: ${problem}`}`,
    `see whether UDP passes between the two gateways; kubectl logs -n ${namespace} -l ${labels.NETWORKING_COMPONENT}=gateway`,
  );
}

export function* fabricLink({ id, fabrics, configurations }: PeerFacts): Chain {
  if (isHidden(fabrics)) return yield unseen("overlay", "the InternalFabric", fabrics);
  const [fabric] = fabrics;
  if (fabric === undefined)
    return yield broken(
      "overlay",
      `the nodes have no way to the gateway for ${id}: there is no InternalFabric`,
      "see liqo-controller-manager's logs",
    );
  const wanted = visible(configurations)?.[0]?.status?.remote?.cidr?.pod ?? [];
  const missing = wanted.filter((cidr) => !(fabric.spec?.remoteCIDRs ?? []).includes(cidr));
  if (missing.length > 0)
    return yield unknown(
      "overlay",
      `InternalFabric ${fabric.metadata?.name} does not have ${missing.join(", ")} yet`,
      "wait",
    );
  yield ok("overlay", `nodes reach the gateway at ${fabric.spec?.gatewayIP}`);
}

/** Whether packets of each node's pods come to the peer and back, as the nodes measure it. */
export function* pathsLink({ id, connections, nowMs }: PeerFacts): Chain {
  const status = visible(connections)?.[0]?.status;
  const { paths = [] } = status ?? {};
  // A peer that answers nothing.
  if (paths.length === 0) return;
  const ofNodes = pathProblems(status, nowMs);
  const hint = "liqoctl trace, with a pod on that node, names the hop";
  const lost = ofNodes.find(({ isUnknown }) => !isUnknown);
  if (lost !== undefined) return yield broken("paths", lost.says, hint);
  const [silent] = ofNodes;
  if (silent !== undefined)
    return yield unknown("paths", silent.says, "see whether its liqo-fabric runs and reaches its API server");
  yield ok("paths", `packets of pods on ${paths.length} nodes come to ${id} and back, small and full-size`);
}

/** Whether every host has told that it has them. */
export function* tablesLink({ firewalls, routes }: PeerFacts): Chain {
  if (isHidden(firewalls)) return yield unseen("tables", "the FirewallConfigurations", firewalls);
  if (isHidden(routes)) return yield unseen("tables", "the RouteConfigurations", routes);
  const all = [
    ...firewalls.map((table) => ({ kind: "FirewallConfiguration", ...table })),
    ...routes.map((table) => ({ kind: "RouteConfiguration", ...table })),
  ];
  for (const { kind, metadata, status } of all) {
    const { name, namespace } = metadata ?? {};
    const refused = status?.conditions?.find((each) => each.status !== "True");
    if (refused === undefined) continue;
    return yield broken(
      "tables",
      `${refused.host} has not been able to apply ${kind} ${name}`,
      `kubectl describe ${kind.toLowerCase()} ${name} -n ${namespace}; kubectl logs -n ${namespace} ${refused.host}`,
    );
  }
  yield ok("tables", `${all.length} of rules and routes are applied`);
}
