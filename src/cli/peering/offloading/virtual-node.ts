/**
 * The Node that peering ends with. How it is called is the consumer's to say, whose Liqo may be upstream's: it is found by
 * the VirtualNode made of the ResourceSlice.
 */
import * as labels from "#api/labels.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { nodes } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { type Cluster, waitFor, waitForSome } from "../../cluster.ts";
import type { Printer } from "../../printer/printer.ts";

export interface SliceOfNode {
  readonly namespace: string;
  readonly name: string;
}

/** The name of the ready Node; none where VirtualNodes are made without Nodes. Throws a CliError after the time. */
export async function waitForNode(
  ctx: Context,
  printer: Printer,
  { client }: Cluster,
  slice: SliceOfNode,
  timeoutMs: number,
): Promise<string | undefined> {
  const { metadata, spec } = await printer.step("local", "Virtual node created", () =>
    waitForSome<VirtualNode>(ctx, client, virtualNodes, {
      namespace: slice.namespace,
      labelSelector: `${labels.RESOURCE_SLICE_NAME}=${slice.name}`,
      timeoutMs,
      what: `none of ResourceSlice ${slice.name} in namespace ${slice.namespace}; see \`liqoctl info\``,
    }),
  );
  if (spec?.createNode === false) return undefined;
  const name = metadata?.name ?? "";
  await printer.step("local", `Node ${name} is ready`, () =>
    waitFor(
      ctx,
      client,
      nodes,
      { name },
      {
        until: (node) => isConditionTrue(node?.status?.conditions, "Ready"),
        timeoutMs,
        what: "the virtual node is not ready; see `liqoctl info`",
      },
    ),
  );
  return name;
}
