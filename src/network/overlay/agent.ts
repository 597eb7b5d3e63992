/** Follows GeneveTunnels, InternalFabrics and InternalNodes and keeps this host's ends of the overlay links. */
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { applyLinks, detectOverlayKind } from "./overlay.ts";
import type { OverlayKind, OverlayLink, OverlayObjects } from "./plan.ts";

export interface OverlayAgentOptions {
  readonly informers: Informers;
  readonly machine: Machine;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly kind: OverlayKind | undefined;
  readonly port: number;
  readonly hasArp: boolean;
  links(objects: OverlayObjects): OverlayLink[];
  /** Called after links were made, changed or removed. */
  changed(): void;
  /** Called whenever all links are as they should be. */
  settled?(): void;
}

const RESYNC_MS = 30_000;

export function overlayAgent(options: OverlayAgentOptions): Loop {
  const { informers, port, hasArp } = options;
  const { tools, clock } = options.machine;
  const scope = options.namespace === undefined ? {} : { namespace: options.namespace };
  const tunnels = informers.for(geneveTunnels, scope);
  const fabrics = informers.for(internalFabrics, scope);
  const nodes = informers.for(internalNodes);
  let kind: OverlayKind | undefined;
  const loop = new Loop({
    name: "overlay",
    resyncMs: RESYNC_MS,
    clock,
    async pass(ctx) {
      if (![tunnels, fabrics, nodes].every((informer) => informer.isSynced)) return {};
      kind ??= await detectOverlayKind(ctx, tools, options.kind);
      const objects = { tunnels: tunnels.store.list(), fabrics: fabrics.store.list(), nodes: nodes.store.list() };
      if (await applyLinks(ctx, tools, options.links(objects), { kind, port, hasArp })) options.changed();
      options.settled?.();
      return {};
    },
  });
  const trigger = { added: () => loop.trigger(), updated: () => loop.trigger(), deleted: () => loop.trigger() };
  for (const informer of [tunnels, fabrics, nodes]) {
    informer.addHandler(trigger);
    void informer.synced.then(() => loop.trigger());
  }
  return loop;
}
