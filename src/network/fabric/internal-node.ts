/**
 * Tells gateways from which address this node's overlay packets come: one seen by gateways here, one by those elsewhere.
 * Upstream: pkg/fabric/source-detector
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type InternalFabric, type InternalNode, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { pods } from "#machinery/builtin.ts";
import { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { runJson, type Tools } from "../system/tools.ts";

export interface NodeIp {
  readonly local?: string;
  readonly remote?: string;
}

export interface GatewayPlace {
  readonly ip: string;
  readonly isHere: boolean;
}

const RESYNC_MS = 30_000;

export function internalNodeAgent(client: KubeClient, informers: Informers, machine: Machine, nodeName: string): Loop {
  const gateways = informers.for<Pod>(pods, {
    labelSelector: `${labels.NETWORKING_COMPONENT}=gateway`,
    transform: placeOnly,
  });
  const nodes = informers.for<InternalNode>(internalNodes);
  const fabrics = informers.for<InternalFabric>(internalFabrics);
  const loop = new Loop({
    name: "internalnode",
    resyncMs: RESYNC_MS,
    clock: machine.clock,
    async pass(ctx) {
      const node = nodes.store.get({ name: nodeName });
      if (!gateways.isSynced || !fabrics.isSynced || node === undefined) return {};
      const seen = await lookUpSources(
        ctx,
        machine.tools,
        gatewayPlaces(gateways.store.list(), fabrics.store.list(), nodeName),
      );
      const status = changedNodeIp(node.status?.nodeIP ?? {}, seen);
      if (status !== undefined) {
        await client.updateStatus(ctx, internalNodes, { ...node, status: { ...node.status, nodeIP: status } });
      }
      return {};
    },
  });
  const trigger = { added: () => loop.trigger(), updated: () => loop.trigger(), deleted: () => loop.trigger() };
  gateways.addHandler(trigger);
  nodes.addHandler(trigger);
  fabrics.addHandler(trigger);
  void gateways.synced.then(() => loop.trigger());
  return loop;
}

function placeOnly({ metadata, spec, status }: Pod): Pod {
  return {
    ...(metadata !== undefined && { metadata }),
    spec: { containers: [], ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }) },
    status: { ...(status?.podIP !== undefined && { podIP: status.podIP }) },
  };
}

/**
 * Labels make no gateway: anybody's pod may have them. It is one in a namespace for which Liqo has written an InternalFabric;
 * those that wait count too, so that nothing has to be found out when they take over.
 */
export function gatewayPlaces(
  labelled: readonly Pod[],
  fabrics: readonly InternalFabric[],
  nodeName: string,
): GatewayPlace[] {
  const isGateway = ({ metadata }: Pod): boolean =>
    fabrics.some(
      (own) =>
        own.metadata?.namespace === metadata?.namespace &&
        own.metadata?.name === metadata?.labels?.[labels.GATEWAY_NAME],
    );
  return labelled
    .filter(isGateway)
    .flatMap(({ spec, status }) =>
      status?.podIP === undefined || status.podIP === "" || spec?.nodeName === undefined
        ? []
        : [{ ip: status.podIP, isHere: spec.nodeName === nodeName }],
    );
}

/** What to write; undefined when it is written already. An address once found stays when its gateways are gone. */
export function changedNodeIp(written: NodeIp, seen: NodeIp): NodeIp | undefined {
  const next = { ...written, ...seen };
  return next.local === written.local && next.remote === written.remote ? undefined : next;
}

async function lookUpSources(ctx: Context, tools: Tools, places: readonly GatewayPlace[]): Promise<NodeIp> {
  const seen: { local?: string; remote?: string } = {};
  for (const { ip, isHere } of places) {
    const [route] = await runJson<{ prefsrc?: string }>(ctx, tools, ["ip", "-4", "-json", "route", "get", ip]);
    if (route?.prefsrc === undefined) continue;
    if (isHere) seen.local ??= route.prefsrc;
    else seen.remote ??= route.prefsrc;
  }
  return seen;
}
