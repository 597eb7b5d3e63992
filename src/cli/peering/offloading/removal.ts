/** At a consumer: the end of the use of a provider's resources. Upstream: pkg/liqoctl/unpeer */
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { waitForNone } from "../../cluster.ts";
import type { Printer } from "../../printer/printer.ts";
import { giveUpWhenSilent } from "../gone.ts";
import { type Kinds, type RemovalOptions, removeAll } from "../remove-all.ts";
import { ownOf, type Side } from "../side.ts";

/** A provider that is silent for 10 s meanwhile is given up. */
export async function removeVirtualNodes(
  ctx: Context,
  printer: Printer,
  side: Side,
  { timeoutMs }: RemovalOptions,
): Promise<void> {
  const { client } = side.cluster;
  const kinds: Kinds = [virtualNodes, resourceSlices];
  const meanwhile = giveUpWhenSilent(ctx, side.cluster, side.peerId);
  await printer.step(side.scope, "Pods brought home, virtual nodes removed", async () => {
    for (const resource of kinds.toReversed()) await removeAll(ctx, client, resource, ownOf(side));
    for (const resource of kinds) await waitForNone(ctx, client, resource, ownOf(side), timeoutMs, meanwhile);
  });
}
