/**
 * The network of a lab: one namespace, joined to the host by one veth and one route. Nothing else on the host changes.
 * Everything is found again by the state file, so creating twice is creating once, and deleting also clears half a lab.
 */
import { type Cidr, parseCidr } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { RunError } from "#base/run.ts";
import { candidateSubnets, checkName, hostLink, hostLinkName, labNamespace } from "./addressing.ts";
import { deleteNetns, ensureNetns, ipBatch, linkNames, makeRouter, runIn } from "./netns.ts";
import { findLabState, type LabState, removeLabState, withNamespace, writeLabState } from "./state.ts";

export interface LabOptions {
  readonly name: string;
  /** Where the state file is kept. */
  readonly directory: string;
}

export interface Lab extends LabOptions {
  readonly netns: string;
  /** The /20 of this lab. */
  readonly subnet: string;
  /** The host's address on the link, as seen by clusters. */
  readonly hostAddress: string;
}

export async function createLab(ctx: Context, options: LabOptions): Promise<Lab> {
  checkName("lab", options.name);
  const netns = labNamespace(options.name);
  const found = findLabState(options.directory);
  if (found !== undefined && found.name !== options.name) {
    throw new Error(
      `create lab ${options.name}: ${options.directory} belongs to lab ${found.name}; choose another folder`,
    );
  }
  const fresh: LabState = { name: options.name, hostLink: hostLinkName(options.name), namespaces: [], clusters: [] };
  const state = withNamespace(found ?? fresh, netns);
  writeLabState(options.directory, state);
  await ensureNetns(ctx, netns);
  await makeRouter(ctx, netns);
  await ensureHostLink(ctx, state.hostLink, netns);
  const subnet = await ensureSubnet(ctx, state, netns);
  writeLabState(options.directory, { ...state, subnet });
  return { ...options, netns, subnet, hostAddress: hostLink(subnet).outer };
}

/** Removes all that the state file of `directory` names; a lab that is not there is success. */
export async function deleteLab(ctx: Context, directory: string): Promise<void> {
  const state = findLabState(directory);
  if (state === undefined) return;
  const failures: string[] = [];
  for (const namespace of [...state.namespaces].reverse()) {
    await deleteNetns(namespace).catch((error: unknown) => failures.push(messageOf(error)));
  }
  // A namespace that a process still holds lives on with its end of the link: the host's end is removed by name.
  if ((await linkNames(ctx, undefined)).has(state.hostLink))
    await ignoreMissing(ipBatch(ctx, undefined, [`link delete ${state.hostLink}`]));
  if (failures.length > 0) throw new Error(`delete lab ${state.name}: ${failures.join("; ")}`);
  removeLabState(directory);
}

async function ensureHostLink(ctx: Context, link: string, netns: string): Promise<void> {
  if (!(await linkNames(ctx, undefined)).has(link)) {
    await ipBatch(ctx, undefined, [`link add ${link} type veth peer name host0 netns ${netns}`]);
  }
  await ipBatch(ctx, undefined, [`link set ${link} up`]);
  await ipBatch(ctx, netns, ["link set host0 up"]);
}

async function ensureSubnet(ctx: Context, state: LabState, netns: string): Promise<string> {
  const candidates = state.subnet === undefined ? candidateSubnets(state.name, await routedCidrs(ctx)) : [state.subnet];
  for (const subnet of candidates) {
    if (!(await claimSubnet(ctx, state, subnet))) continue;
    const { inner, outer, prefix } = hostLink(subnet);
    await ipBatch(ctx, netns, [`addr replace ${inner}/${prefix} dev host0`, `route replace default via ${outer}`]);
    return subnet;
  }
  throw new Error(`create lab ${state.name}: no free /20 left in 198.18.0.0/15; delete a lab that is no longer needed`);
}

/** Adding the route is the lock between labs that start at the same time: it fails when the route exists. */
async function claimSubnet(ctx: Context, state: LabState, subnet: string): Promise<boolean> {
  const { inner, outer, prefix } = hostLink(subnet);
  const address = `${outer}/${prefix} dev ${state.hostLink}`;
  await ipBatch(ctx, undefined, [`addr replace ${address}`]);
  if (state.subnet !== undefined) {
    await ipBatch(ctx, undefined, [`route replace ${subnet} via ${inner} dev ${state.hostLink}`]);
    return true;
  }
  try {
    await ipBatch(ctx, undefined, [`route add ${subnet} via ${inner} dev ${state.hostLink}`]);
    return true;
  } catch (error) {
    if (!(error instanceof RunError) || !error.stderr.includes("File exists")) throw error;
    await ipBatch(ctx, undefined, [`addr delete ${address}`]);
    return false;
  }
}

async function routedCidrs(ctx: Context): Promise<Cidr[]> {
  const routes = JSON.parse(await runIn(ctx, undefined, ["ip", "-4", "-json", "route", "show"])) as { dst: string }[];
  return routes
    .map((route) => parseCidr(route.dst.includes("/") ? route.dst : `${route.dst}/32`))
    .filter((cidr) => cidr !== undefined);
}

async function ignoreMissing(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof RunError) || !/Cannot find device|No such/.test(error.stderr)) throw error;
  }
}
