/**
 * Keeps the Node of a virtual node: made again when deleted, labels, taints and capacity after the VirtualNode, status
 * after what is known of the provider, lease renewed while it answers. Upstream: pkg/virtualKubelet/liqoNodeProvider, virtual-kubelet/node
 */
import { isDeepStrictEqual } from "node:util";
import type { Node, NodeStatus, Taint } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { Backoff } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { forgeNewNode, forgeNode, forgeNodeStatus, type NodeOptions, nodeTaints } from "#forge/node.ts";
import type { KubeClient } from "#kube/client/client.ts";
import {
  type Controller,
  DONE,
  type Result,
  runController,
  watchManual,
  watchMapped,
} from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { nodes } from "#machinery/builtin.ts";
import { ended } from "../ended.ts";
import type { VirtualKubeletSettings } from "../settings.ts";
import { isApiServerUp, isNetworkUp, isProviderLive } from "./health.ts";
import { renewNodeLease } from "./lease.ts";

export interface NodeDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly settings: VirtualKubeletSettings;
  readonly virtual: Informer<VirtualNode>;
  readonly foreign: Informer<ForeignCluster>;
  readonly provider: () => KubeClient | undefined;
  readonly clock: Clock;
}

const FIELD_MANAGER = "virtual-kubelet";
/** Kubernetes: --node-status-update-frequency of virtual kubelets, DefaultStatusUpdateInterval. */
const HEARTBEAT_MS = 60_000;
/** A lease is not renewed more often than this when nothing is ever asked of the provider. */
const MIN_RENEWAL_MS = 1_000;
/** Quick at the start, when node and connection come up together. */
const RETRY = { baseMs: 20, maxMs: 1_000 };

interface Work {
  readonly deps: NodeDeps;
  readonly options: NodeOptions;
  readonly informer: Informer<Node>;
  /** What this process wrote last: taints that the VirtualNode no longer has must go, those of others stay. */
  written: { taints: readonly Taint[]; statusAtMs: number };
  /** Whether the provider answers; undefined before it was asked. */
  isLive: boolean | undefined;
}

/** Runs until the context ends; the Node stays, as with any kubelet that stops. */
export async function runNode(ctx: Context, deps: NodeDeps): Promise<void> {
  const { settings, informers } = deps;
  if (!settings.createNode) return;
  const key = { name: settings.nodeName };
  const informer = informers.for(nodes, {
    fieldSelector: `metadata.name=${settings.nodeName}`,
    keepsManagedFields: true,
  });
  const options: NodeOptions = {
    name: settings.nodeName,
    providerId: settings.foreignClusterId,
    address: settings.reflection.nodeIp,
    port: settings.listenPort,
    kubeletVersion: await serverVersion(ctx, deps.client),
    extraLabels: settings.extraLabels,
    extraAnnotations: settings.extraAnnotations,
  };
  const work: Work = { deps, options, informer, written: { taints: [], statusAtMs: 0 }, isLive: undefined };
  const pings = watchManual();
  const controller: Controller = {
    name: "virtual-node",
    watches: [
      watchMapped(informer, () => [key]),
      watchMapped(deps.virtual, ({ metadata }) => (metadata?.name === settings.nodeName ? [key] : [])),
      watchMapped(deps.foreign, ({ metadata }) => (metadata?.name === settings.foreignClusterId ? [key] : [])),
      pings,
    ],
    reconcile: (own) => reconcile(own, work),
  };
  await Promise.all([runController(ctx, controller), keepLease(ctx, work, () => pings.trigger(key))]);
}

async function reconcile(ctx: Context, work: Work): Promise<Result> {
  const { deps, informer, options } = work;
  const virtual = deps.virtual.store.get({ namespace: deps.settings.tenantNamespace, name: options.name });
  if (virtual === undefined) return DONE;
  const node = informer.store.get({ name: options.name });
  if (node === undefined) {
    if (virtual.metadata?.deletionTimestamp === undefined) await create(ctx, work, virtual);
    return DONE;
  }
  await ensureMetadata(ctx, work, virtual, node);
  await ensureTaints(ctx, work, virtual, node);
  return ensureStatus(ctx, work, virtual, node);
}

/** The other labels come by server-side apply. */
async function create(ctx: Context, { deps, options }: Work, virtual: VirtualNode): Promise<void> {
  const wanted = forgeNewNode(virtual, options);
  const made = await deps.client.createIfAbsent(ctx, nodes, wanted, { fieldManager: FIELD_MANAGER });
  if (made !== undefined) ctx.log.info("created the node", { node: options.name });
}

/** By server-side apply: labels that the VirtualNode loses go, labels of others stay. */
async function ensureMetadata(ctx: Context, { deps, options }: Work, virtual: VirtualNode, node: Node): Promise<void> {
  const { metadata: wanted = {} } = forgeNode(virtual, options);
  const isSame =
    isDeepStrictEqual(ownedKeys(node, "f:labels"), Object.keys(wanted.labels ?? {}).sort()) &&
    isDeepStrictEqual(ownedKeys(node, "f:annotations"), Object.keys(wanted.annotations ?? {}).sort()) &&
    Object.entries(wanted.labels ?? {}).every(([name, value]) => node.metadata?.labels?.[name] === value) &&
    Object.entries(wanted.annotations ?? {}).every(([name, value]) => node.metadata?.annotations?.[name] === value);
  if (isSame) return;
  const uid = node.metadata?.uid;
  await deps.client.apply(
    ctx,
    nodes,
    { metadata: { ...wanted, ...(uid !== undefined && { uid }) } },
    { fieldManager: FIELD_MANAGER },
  );
}

/** Which labels or annotations we applied, from the managed fields. */
function ownedKeys(node: Node, map: "f:labels" | "f:annotations"): string[] {
  const entry = node.metadata?.managedFields?.find(
    ({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply",
  );
  const fields = entry?.fieldsV1 as { "f:metadata"?: Record<string, object> } | undefined;
  return Object.keys(fields?.["f:metadata"]?.[map] ?? {})
    .filter((key) => key.startsWith("f:"))
    .map((key) => key.slice(2))
    .sort();
}

async function ensureTaints(ctx: Context, work: Work, virtual: VirtualNode, node: Node): Promise<void> {
  const wanted = nodeTaints(virtual);
  const isOf = (list: readonly Taint[], { key, effect }: Taint): boolean =>
    list.some((taint) => taint.key === key && taint.effect === effect);
  const present = node.spec?.taints ?? [];
  const others = present.filter((taint) => !isOf(wanted, taint) && !isOf(work.written.taints, taint));
  const taints = [...wanted, ...others];
  work.written.taints = wanted;
  const isSame =
    present.length === taints.length &&
    taints.every((taint) => present.some((other) => isDeepStrictEqual(other, taint)));
  if (isSame) return;
  const { uid, resourceVersion } = node.metadata ?? {};
  await work.deps.client.patch(
    ctx,
    nodes,
    { name: work.options.name },
    "merge",
    { metadata: { uid, resourceVersion }, spec: { taints } },
    { fieldManager: FIELD_MANAGER },
  );
}

/** Only when something changed or a minute passed. */
async function ensureStatus(ctx: Context, work: Work, virtual: VirtualNode, node: Node): Promise<Result> {
  const { deps, options } = work;
  const peer = deps.foreign.store.get({ name: deps.settings.foreignClusterId });
  const isLive = deps.settings.pingIntervalMs === 0 || (isApiServerUp(peer) ?? work.isLive);
  if (isLive === undefined) return DONE;
  const nowMs = deps.clock.epochMs();
  const health = { isApiServerUp: isLive, isNetworkUp: isNetworkUp(peer, deps.settings.checkNetwork) };
  const status = forgeNodeStatus(virtual, options, health, { before: node.status, nowMs });
  const dueMs = work.written.statusAtMs + HEARTBEAT_MS - nowMs;
  if (dueMs > 0 && isDeepStrictEqual(withoutHeartbeat(node.status), withoutHeartbeat(status)))
    return { requeueAfterMs: dueMs };
  const patch = [
    { op: "test", path: "/metadata/uid", value: node.metadata?.uid },
    { op: "add", path: "/status", value: status },
  ];
  await deps.client.patch(ctx, nodes, { name: options.name }, "json", patch, {
    subresource: "status",
    fieldManager: FIELD_MANAGER,
  });
  work.written.statusAtMs = nowMs;
  return { requeueAfterMs: HEARTBEAT_MS };
}

function withoutHeartbeat(status: NodeStatus | undefined): object {
  const conditions = (status?.conditions ?? []).map(({ lastHeartbeatTime: _time, ...rest }) => rest);
  return { ...status, conditions };
}

/** Asks for the provider's health and, while it is well, renews the lease. */
async function keepLease(ctx: Context, work: Work, changed: () => void): Promise<void> {
  const { deps, informer, options } = work;
  const { pingIntervalMs, pingTimeoutMs, foreignClusterId, leaseSeconds } = deps.settings;
  await Promise.race([Promise.all([informer.synced, deps.foreign.synced]), ended(ctx)]);
  const retry = new Backoff(RETRY);
  while (!ctx.signal.aborted) {
    const told = isApiServerUp(deps.foreign.store.get({ name: foreignClusterId }));
    const isLive = pingIntervalMs === 0 || (told ?? (await isProviderLive(ctx, deps.provider(), pingTimeoutMs)));
    const hasChanged = isLive !== work.isLive;
    work.isLive = isLive;
    if (hasChanged) changed();
    const node = informer.store.get({ name: options.name });
    if (isLive && node !== undefined) {
      await renewNodeLease(ctx, deps.client, { node, leaseSeconds, nowMs: deps.clock.epochMs() }).catch(
        (error: unknown) => ctx.log.warn("lease not renewed", { error: messageOf(error) }),
      );
    }
    const isSettled = isLive && node !== undefined;
    if (isSettled) retry.reset();
    await sleep(ctx, isSettled ? Math.max(pingIntervalMs, MIN_RENEWAL_MS) : retry.nextMs(), deps.clock);
  }
}

async function serverVersion(ctx: Context, client: KubeClient): Promise<string> {
  const retry = new Backoff(RETRY);
  while (!ctx.signal.aborted) {
    try {
      const { gitVersion } = await client.raw<{ gitVersion?: string }>(ctx, "GET", "/version");
      return gitVersion ?? "";
    } catch (error) {
      ctx.log.warn("the API server does not tell its version", { error: messageOf(error) });
      await sleep(ctx, retry.nextMs());
    }
  }
  return "";
}
