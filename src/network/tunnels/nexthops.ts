/**
 * The tunnels in use as one group of next hops: the kernel chooses by a hash of addresses, protocol and ports, so that a flow
 * stays in one tunnel. All routes name the group; to change it is one step, and a tunnel whose interface goes leaves it by
 * itself. Kernel: net/ipv4/nexthop.c. Not in upstream.
 */
import type { Context } from "#base/context.ts";
import { OUR_PROTOCOL } from "../route/plan.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";

/** Ids are of the network namespace, which is the gateway's own. */
export const GROUP = 0x4c51;

export interface Nexthop {
  /** Of the tunnel. */
  readonly index: number;
  readonly gw: string;
  readonly dev: string;
}

/** As `ip -json nexthop` prints it. */
export interface KernelNexthop {
  readonly id: number;
  readonly gateway?: string;
  readonly dev?: string;
  readonly group?: readonly { readonly id: number }[];
}

/** The commands that make the group equal to `wanted`, at least one; members before the group, what is not needed last. */
export function planNexthops(wanted: readonly Nexthop[], kernel: readonly KernelNexthop[]): string[] {
  const ids = wanted.map(({ index }) => idOf(index)).toSorted((a, b) => a - b);
  const missing = wanted.filter(
    ({ index, gw, dev }) => !kernel.some((each) => each.id === idOf(index) && each.gateway === gw && each.dev === dev),
  );
  const group = kernel.find(({ id }) => id === GROUP)?.group?.map(({ id }) => id) ?? [];
  const isSame = missing.length === 0 && group.length === ids.length && ids.every((id) => group.includes(id));
  const stale = kernel.filter(({ id }) => id > GROUP && id <= idOf(MOST) && !ids.includes(id));
  return [
    ...missing.map(
      ({ index, gw, dev }) => `nexthop replace id ${idOf(index)} via ${gw} dev ${dev} proto ${OUR_PROTOCOL}`,
    ),
    ...(isSame ? [] : [`nexthop replace id ${GROUP} group ${ids.join("/")} proto ${OUR_PROTOCOL}`]),
    ...stale.map(({ id }) => `nexthop del id ${id}`),
  ];
}

export async function applyNexthops(ctx: Context, tools: Tools, wanted: readonly Nexthop[]): Promise<void> {
  const kernel = await runJson<KernelNexthop>(ctx, tools, ["ip", "-json", "nexthop", "show"]);
  const [failure] = await ipBatch(ctx, tools, planNexthops(wanted, kernel));
  if (failure !== undefined) throw new Error(`spread over ${wanted.length} tunnels: ${failure.message}`);
}

const MOST = 63;

function idOf(index: number): number {
  return GROUP + 1 + index;
}
