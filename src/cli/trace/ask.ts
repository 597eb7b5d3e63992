/** From two names to the chain of a packet between them. */
import type { Pod } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { remapAddress } from "#forge/networking/remap.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { endpointSlices, nodes, pods, services } from "#machinery/builtin.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { answered, type Cluster, clusterIdOf, findClusterId } from "../cluster.ts";
import { CliError } from "../errors.ts";
import { type Link, walk } from "../why/link.ts";
import { isHidden, look, type Seen, visible } from "../why/seen.ts";
import { cidrProblem, NO_CONTEXT, traceChain } from "./chain.ts";
import { awayEnd, type Candidate, candidatesOf, clusterOf, type End, type Goal, goalOfPod, homeEnd } from "./ends.ts";
import { choosePorts, lookAtPath } from "./look.ts";
import type { Observed } from "./observed.ts";
import { isWrong, planLegs, type Sides } from "./plan.ts";
import { policyVerdict } from "./policies.ts";
import { askSide, type SideObjects } from "./sides.ts";
import type { Target } from "./target.ts";

export interface Asked {
  readonly home: Cluster;
  readonly remote: Cluster | undefined;
  readonly namespace: string;
  readonly from: string;
  readonly target: Target;
}

const HIDDEN: Seen<never> = { hidden: NO_CONTEXT };
/** Where no Connection says what the tunnel carries. */
const DEFAULT_MTU = 1340;

/** Throws a CliError when there is no such pod or Service, or nothing of Liqo's lies between them. */
export async function askTrace(ctx: Context, asked: Asked): Promise<Link[]> {
  const { home } = asked;
  const homeId = await clusterIdOf(ctx, home);
  const known = await answered(ctx, home, (limited) => askHome(limited, asked));
  const source = podNamed(known.pods, asked.from, asked.namespace);
  const fromId = clusterOf(source, known.nodes);
  const service = isService(asked.target, known.pods);
  const target = service ? undefined : podNamed(known.pods, asked.target.name, asked.namespace);
  const peer =
    fromId ?? (target === undefined ? await peerOfService(ctx, asked, known) : clusterOf(target, known.nodes));
  if (peer === undefined) throw sameCluster(asked, homeId);
  const away = await awayCluster(ctx, asked.remote, peer);
  const twin = known.twins.get(peer);
  const sides: Sides = {
    home: await look(
      answered(ctx, home, (limited) => askSide(limited, home, { id: homeId, peer, namespace: asked.namespace })),
    ),
    away: isHidden(away)
      ? away
      : await look(
          answered(ctx, away, (limited) => askSide(limited, away, { id: peer, peer: homeId, namespace: twin ?? "" })),
        ),
  };
  const place = { ...asked, known, peer, sides, away: visible(away), twin };
  const from = await endOf(ctx, place, source);
  const { to, goal } = target === undefined ? await throughService(ctx, place, from) : await toPod(ctx, place, target);
  if (to.side === from.side) throw sameCluster(asked, from.side === "home" ? homeId : peer);
  return trace(ctx, place, from, to, goal);
}

interface Known {
  readonly pods: readonly Pod[];
  readonly nodes: Parameters<typeof clusterOf>[1];
  /** By cluster: the twin of the namespace. */
  readonly twins: ReadonlyMap<string, string>;
}

interface Place extends Asked {
  readonly known: Known;
  readonly peer: string;
  readonly sides: Sides;
  readonly away: Cluster | undefined;
  readonly twin: string | undefined;
}

async function askHome(ctx: Context, { home: { client }, namespace }: Asked): Promise<Known> {
  const [own, all, maps] = await Promise.all([
    client.list(ctx, pods, { namespace }),
    client.list(ctx, nodes),
    client.list(ctx, namespaceMaps),
  ]);
  const twins = maps.items.flatMap((map) => {
    const id = map.metadata?.name ?? "";
    const twin = isOwnNamespaceMap(map, id) ? acceptedMappings(map).get(namespace) : undefined;
    return twin === undefined ? [] : [[id, twin] as const];
  });
  return { pods: own.items, nodes: all.items, twins: new Map(twins) };
}

function podNamed(all: readonly Pod[], name: string, namespace: string): Pod {
  const pod = all.find(({ metadata }) => metadata?.name === name);
  if (pod === undefined)
    throw new CliError(`pod ${namespace}/${name} does not exist`, { hint: `kubectl get pods -n ${namespace}` });
  return pod;
}

function isService({ kind, name }: Target, all: readonly Pod[]): boolean {
  return kind === "service" || (kind === undefined && !all.some(({ metadata }) => metadata?.name === name));
}

function sameCluster({ from, target }: Asked, id: string): CliError {
  return new CliError(`${from} and ${target.name} are both at ${id}: nothing of Liqo's is between them`, {
    hint: "name a pod that runs at another cluster: kubectl get pods -o wide",
  });
}

/** The cluster that was named, if it is the one that matters. */
async function awayCluster(ctx: Context, remote: Cluster | undefined, peer: string): Promise<Seen<Cluster>> {
  if (remote === undefined) return HIDDEN;
  const id = await look(answered(ctx, remote, (limited) => findClusterId(limited, remote)));
  if (isHidden(id)) return id;
  return id === peer ? remote : { hidden: `the remote context is ${id ?? "a cluster without Liqo"}, not ${peer}` };
}

/** Of a pod at home: the cluster of the first endpoint that is away. */
async function peerOfService(ctx: Context, asked: Asked, known: Known): Promise<string | undefined> {
  const offered = await askService(ctx, asked.home.client, asked.namespace, asked.target.name);
  for (const { address } of candidatesOf(offered, asked.target.port)) {
    const pod = known.pods.find(({ status }) => status?.podIP === address);
    const id = pod === undefined ? undefined : clusterOf(pod, known.nodes);
    if (id !== undefined) return id;
  }
  return undefined;
}

async function askService(ctx: Context, client: KubeClient, namespace: string, name: string) {
  const [service, slices] = await Promise.all([
    client.find(ctx, services, { namespace, name }),
    client.list(ctx, endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${name}` }),
  ]);
  if (service === undefined)
    throw new CliError(`neither a pod nor a Service ${namespace}/${name} exists`, {
      hint: `kubectl get pods,services -n ${namespace}`,
    });
  return { service, slices: slices.items satisfies readonly EndpointSlice[] };
}

async function endOf(ctx: Context, { known, sides, away, twin }: Place, pod: Pod): Promise<End> {
  if (clusterOf(pod, known.nodes) === undefined)
    return homeEnd(pod, remapAddress(pod.status?.podIP ?? "", visible(sides.away)?.configuration));
  const key = { namespace: twin ?? "", name: pod.metadata?.name ?? "" };
  const real =
    away === undefined || twin === undefined ? undefined : visible(await look(away.client.find(ctx, pods, key)));
  return awayEnd(pod, real, visible(sides.home)?.configuration);
}

async function toPod(ctx: Context, place: Place, pod: Pod): Promise<{ to: End; goal: Goal }> {
  return { to: await endOf(ctx, place, pod), goal: goalOfPod(pod, place.target.port) };
}

/** One of its endpoints that is not where the source is. */
async function throughService(ctx: Context, place: Place, from: End): Promise<{ to: End; goal: Goal }> {
  const { known, target, sides, home, away, twin, namespace } = place;
  const client = from.side === "home" ? home.client : away?.client;
  if (client === undefined)
    throw new CliError(`the endpoints of ${target.name} as ${from.name} has them could not be asked`, {
      hint: "give --remote-context or --remote-kubeconfig, or name a pod",
    });
  const offered = await askService(ctx, client, from.side === "home" ? namespace : (twin ?? ""), target.name);
  const seenFrom = (pod: Pod): string | undefined =>
    from.side === "home"
      ? pod.status?.podIP
      : remapAddress(pod.status?.podIP ?? "", visible(sides.away)?.configuration);
  for (const candidate of candidatesOf(offered, target.port)) {
    const pod = known.pods.find((each) => seenFrom(each) === candidate.address);
    const isAcross = pod !== undefined && (clusterOf(pod, known.nodes) === undefined) === (from.side === "away");
    if (isAcross) return { to: await endOf(ctx, place, pod), goal: goalOf(candidate) };
  }
  throw new CliError(`no endpoint of Service ${target.name} that is ready is at another cluster than ${from.name}`, {
    hint: `liqoctl why service/${target.name} -n ${namespace}`,
  });
}

function goalOf({ address: _, ...goal }: Candidate): Goal {
  return goal;
}

const NOT_LOOKED: Observed = {
  machines: [],
  probe: undefined,
  fullBytes: DEFAULT_MTU,
  hasFull: { there: false, back: false },
};

async function trace(ctx: Context, place: Place, from: End, to: End, goal: Goal): Promise<Link[]> {
  const { sides, home, away } = place;
  const ports = choosePorts();
  const legs = planLegs(sides, from, to, goal, ports.ask);
  const clients = { home: home.client, away: away?.client };
  const fullBytes = visible(sides[from.side])?.connection?.status?.mtu?.value ?? DEFAULT_MTU;
  // A pod that is known by another's address would have that one asked.
  const isMisled = [from, to].some((end) => cidrProblem(sides, end) !== undefined) || legs.there.some(isWrong);
  const observed = isMisled
    ? NOT_LOOKED
    : await lookAtPath(ctx, { legs, from, to, goal, ports, fullBytes, clients, sides });
  return walk(traceChain({ sides, from, to, goal, legs, observed, policies: policiesOf(sides, from, to, goal) }));
}

function policiesOf(sides: Sides, from: End, to: End, { port }: Goal) {
  const at = (self: End, peer: End, direction: "ingress" | "egress") => {
    const objects: SideObjects | undefined = visible(sides[self.side]);
    if (objects === undefined) return undefined;
    // At home the other pod is a pod, too; what is away knows it by its address.
    const labels = self.side === "home" ? peer.labels : undefined;
    return policyVerdict(objects.policies, direction, {
      self: self.labels,
      peer: { address: peer.seen ?? peer.own, labels },
      port,
    });
  };
  return { egress: at(from, to, "egress"), ingress: at(to, from, "ingress") };
}
