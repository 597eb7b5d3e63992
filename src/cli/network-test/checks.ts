/** The checks, group by group. Upstream: pkg/liqoctl/test/network/check/check.go */
import { ips } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { services } from "#machinery/builtin.ts";
import { waitFor } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { Printer } from "../printer/printer.ts";
import { type Asking, askFromHere, askFromPods, inTurns } from "./asking.ts";
import type { Member } from "./members.ts";
import {
  APP,
  appOf,
  HOST_NAMESPACE,
  hostAppOf,
  IP_NAME,
  LOAD_BALANCER_SERVICE,
  NAMESPACE,
  NODE_PORT_SERVICE,
} from "./names.ts";
import type { TestOptions } from "./options.ts";
import type { PodAddresses } from "./setup.ts";
import { addTallies, printTally, type Tally } from "./tally.ts";
import { externalAddress, nodePortUrls, podUrls } from "./targets.ts";

const LOAD_BALANCER_MS = 180_000;
const HTTPS = 443;

export interface Work {
  readonly members: readonly Member[];
  readonly addresses: PodAddresses;
  readonly options: TestOptions;
  readonly asking: Asking;
}

/** Of one member. */
type Group = (ctx: Context, work: Work, member: Member) => Promise<Tally>;

/** Throws a CliError when some failed. */
export async function runChecks(
  ctx: Context,
  printer: Printer,
  members: readonly Member[],
  addresses: PodAddresses,
  options: TestOptions,
): Promise<void> {
  const work: Work = { members, addresses, options, asking: { printer, ...options } };
  const tallies: Tally[] = [];
  for (const [title, group] of chooseGroups(options)) {
    printer.info("global", `Running checks ${title}`);
    const tally = addTallies(await inTurns(members, options.failFast, (member) => group(ctx, work, member)));
    printTally(printer, tally);
    tallies.push(tally);
    if (options.failFast && tally.failed > 0) throw failure(`check failed: ${title}`);
  }
  const total = addTallies(tallies);
  printer.info("global", "All checks completed");
  printTally(printer, total);
  if (total.failed > 0) throw failure("some checks failed");
}

function failure(message: string): CliError {
  return new CliError(message, {
    hint: `\`liqoctl info peer\` tells how the peering does; the pods are still there, in namespace ${NAMESPACE}`,
  });
}

export function chooseGroups({ basic, podNp, npExt, lb, ip }: TestOptions): readonly (readonly [string, Group])[] {
  const all: readonly (readonly [string, Group, boolean])[] = [
    ["pod to pod", podToPod, true],
    ["pod to service", podToService, !basic],
    ["node to pod", nodeToPod, !basic],
    ["pod to nodeport", podToNodePort, !basic && podNp],
    ["external to nodeport service", hereToNodePort, !basic && npExt],
    ["external to loadbalancer service", hereToLoadBalancer, !basic && lb],
    ["pod to external", podToExternal, !basic],
    ["pod to external remapped IP", podToRemappedIp, !basic && ip],
  ];
  return all.flatMap(([title, group, isChosen]) => (isChosen ? [[title, group] as const] : []));
}

const podToPod: Group = (ctx, { asking, addresses }, member) =>
  fromPods(ctx, asking, member, podUrls(addresses.get(member.id) ?? []));

/** Twice as often as there are pods, so that each of them is likely to be the one that answers. */
const podToService: Group = (ctx, work, member) =>
  fromPods(ctx, work.asking, member, repeated(work, [`http://${APP}.${NAMESPACE}`]));

const nodeToPod: Group = (ctx, { asking, addresses }, member) => {
  const urls = podUrls(addresses.get(member.id) ?? []);
  return askFromPods(ctx, asking, member, HOST_NAMESPACE, hostAppOf(member.id), urls);
};

const podToNodePort: Group = async (ctx, work, member) =>
  fromPods(ctx, work.asking, member, repeated(work, await nodePorts(ctx, work, member)));

const hereToNodePort: Group = async (ctx, work, member) =>
  askFromHere(ctx, work.asking, repeated(work, await nodePorts(ctx, work, member)));

async function nodePorts(ctx: Context, { options }: Work, { id, cluster, nodes }: Member): Promise<string[]> {
  const service = await cluster.client.get(ctx, services, { namespace: NAMESPACE, name: NODE_PORT_SERVICE });
  const urls = nodePortUrls(nodes, options.npNodes, service);
  if (urls.length > 0) return urls;
  throw new CliError(`${id} has no node for --np-nodes ${options.npNodes}`, { hint: "give --np-nodes all" });
}

const hereToLoadBalancer: Group = async (ctx, work, { cluster }) => {
  const key = { namespace: NAMESPACE, name: LOAD_BALANCER_SERVICE };
  const found = await waitFor(ctx, cluster.client, services, key, {
    until: (service) => (service?.status?.loadBalancer?.ingress ?? []).length > 0,
    timeoutMs: LOAD_BALANCER_MS,
    what: "got no address of a load balancer",
  });
  const [{ ip, hostname } = {}] = found?.status?.loadBalancer?.ingress ?? [];
  return askFromHere(ctx, work.asking, repeated(work, [`http://${ip ?? hostname}`]));
};

const podToExternal: Group = (ctx, { asking, options }, member) => {
  const { address, port } = options.external;
  return fromPods(ctx, asking, member, [`http://${address}${port === undefined ? "" : `:${port}`}`]);
};

/** The member's own external address, and those of the others as it sees them. */
const podToRemappedIp: Group = async (ctx, { asking, options, members }, member) => {
  const { client } = member.cluster;
  const { items } = await client.list(ctx, configurations);
  const found = members.map(async (other) => {
    const ip = await other.cluster.client.get(ctx, ips, { namespace: NAMESPACE, name: IP_NAME });
    const address = ip.status?.ip ?? "";
    if (other.id === member.id) return [address];
    const configuration = items.find(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === other.id);
    // Two providers need know nothing of each other.
    return configuration === undefined ? [] : [externalAddress(address, configuration) ?? address];
  });
  const port = options.external.port ?? HTTPS;
  return fromPods(
    ctx,
    asking,
    member,
    (await Promise.all(found)).flat().map((address) => `tcp://${address}:${port}`),
  );
};

function fromPods(ctx: Context, asking: Asking, member: Member, urls: readonly string[]): Promise<Tally> {
  return askFromPods(ctx, asking, member, NAMESPACE, appOf(member.id), urls);
}

function repeated({ addresses, members }: Work, urls: readonly string[]): string[] {
  const times = 2 * (addresses.get(members[0]?.id ?? "")?.length ?? 0);
  return Array.from({ length: times }, () => urls).flat();
}
