/** How the controllers of EndpointSlices write them: that of Services with a selector, and the mirroring one. */
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Context } from "#base/context.ts";
import { endpointSlices } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";

export interface SliceWrite {
  /** What the controller has made before. */
  readonly owned: readonly EndpointSlice[];
  readonly wanted: readonly EndpointSlice[];
  readonly fieldManager: string;
}

/** Makes the slices that a controller owns equal to those that it wants; equal ones are not written. */
export async function writeSlices(
  ctx: Context,
  deps: Pick<Deps, "client">,
  { owned, wanted, fieldManager }: SliceWrite,
): Promise<void> {
  const byName = new Map(owned.map((slice) => [slice.metadata?.name, slice]));
  for (const slice of wanted) {
    const before = byName.get(slice.metadata?.name);
    byName.delete(slice.metadata?.name);
    if (before !== undefined && sameSlice(before, slice)) continue;
    await deps.client.apply(ctx, endpointSlices, slice, { fieldManager });
  }
  for (const { metadata } of byName.values()) {
    await deps.client.deleteIfPresent(ctx, endpointSlices, {
      namespace: metadata?.namespace ?? "",
      name: metadata?.name ?? "",
    });
  }
}

function sameSlice(a: EndpointSlice, b: EndpointSlice): boolean {
  const essence = ({ endpoints: items, ports, metadata }: EndpointSlice): string =>
    JSON.stringify([
      (items ?? []).map((e) => [
        e.addresses,
        e.conditions?.ready,
        e.conditions?.serving,
        e.conditions?.terminating,
        e.nodeName,
        e.hostname,
        e.targetRef?.uid,
      ]),
      (ports ?? []).map((p) => [p.name, p.port, p.protocol, p.appProtocol]),
      Object.entries(metadata?.labels ?? {}).sort(([x], [y]) => (x < y ? -1 : 1)),
    ]);
  return essence(a) === essence(b);
}
