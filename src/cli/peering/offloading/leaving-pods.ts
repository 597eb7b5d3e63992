/** Which pods leave when a virtual node goes: told before it is done. */
import type { Pod } from "kubernetes-types/core/v1";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { pods } from "#machinery/builtin.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { Printer } from "../../printer/printer.ts";
import type { Side } from "../side.ts";

// A screen has some 25 lines.
const MAX_NAMES = 10;

export async function tellLeavingPods(ctx: Context, printer: Printer, side: Side): Promise<void> {
  const { client } = side.cluster;
  const { items: nodes } = await client.list(ctx, virtualNodes, { namespace: side.namespace });
  const lists = await Promise.all(
    nodes
      .filter(({ spec }) => spec?.clusterID === side.peerId)
      .map(({ metadata }) => client.list(ctx, pods, { fieldSelector: `spec.nodeName=${metadata?.name}` })),
  );
  for (const line of leavingPods(lists.flatMap(({ items }) => items))) printer.info(side.scope, line);
}

/** A line for those that their controller makes again elsewhere, and one for those that nobody does. */
export function leavingPods(found: readonly Pod[]): string[] {
  const running = found.filter((pod) => !isTerminal(pod) && controllerOf(pod)?.kind !== "DaemonSet");
  const moving = running.filter((pod) => controllerOf(pod) !== undefined);
  const ending = running.filter((pod) => controllerOf(pod) === undefined);
  return [
    ...(moving.length > 0 ? [`${count(moving)} will move: ${named(moving)}`] : []),
    ...(ending.length > 0 ? [`${count(ending)} without a controller will end: ${named(ending)}`] : []),
  ];
}

function count(list: readonly Pod[]): string {
  return list.length === 1 ? "1 pod" : `${list.length} pods`;
}

function named(list: readonly Pod[]): string {
  const names = list.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).sort();
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}
