/**
 * Measures, on one node, the way of its pods to every peer's gateway, and tells it in the peer's Connection: through this
 * node's routes and tables, the overlay, the gateway and the tunnel, and back. Not in upstream.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { type Connection, connections } from "#api/networking/connection.ts";
import { type InternalFabric, type InternalNode, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { runJson, type Tools } from "../system/tools.ts";
import { applyDisguise, portOf } from "./disguise.ts";
import { renderPaths } from "./metrics.ts";
import {
  chooseSender,
  isSure,
  isWhole,
  type PathFound,
  type PathTarget,
  pathTargets,
  pathToTell,
  toldEveryMs,
} from "./plan.ts";
import { measurePaths } from "./round.ts";

export interface PathAgentOptions {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly machine: Machine;
  readonly nodeName: string;
  readonly intervalMs: number;
}

export class PathAgent {
  readonly loop: Loop;
  readonly #options: PathAgentOptions;
  readonly #fabrics;
  readonly #connections;
  readonly #nodes;
  readonly #pods;
  #rounds = 0;
  /** By peer, as it was found last. */
  #found: ReadonlyMap<string, PathFound> = new Map();

  constructor(options: PathAgentOptions) {
    const { informers, machine, nodeName, intervalMs } = options;
    this.#options = options;
    this.#fabrics = informers.for<InternalFabric>(internalFabrics);
    this.#connections = informers.for<Connection>(connections);
    this.#nodes = informers.for<InternalNode>(internalNodes);
    this.#pods = informers.for<Pod>(pods, { fieldSelector: `spec.nodeName=${nodeName}`, transform: senderOnly });
    this.loop = new Loop({
      name: "paths",
      resyncMs: intervalMs,
      clock: machine.clock,
      pass: (ctx) => this.#pass(ctx),
    });
    for (const informer of [this.#fabrics, this.#connections, this.#nodes, this.#pods])
      void informer.synced.then(() => this.loop.trigger());
    // Where the peer answers is new: at once.
    this.#connections.addHandler({
      added: () => this.loop.trigger(),
      updated: (next, before) => {
        if (next.status?.echo?.address !== before.status?.echo?.address) this.loop.trigger();
      },
    });
  }

  /** Prometheus text: of ways that are measured now. */
  render(): string {
    return renderPaths(this.#options.nodeName, this.#found);
  }

  async #pass(ctx: Context): Promise<LoopResult> {
    const all = [this.#fabrics, this.#connections, this.#nodes, this.#pods];
    if (!all.every(({ isSynced }) => isSynced)) return {};
    const { machine, nodeName, intervalMs } = this.#options;
    const local = this.#nodes.store.get({ name: nodeName })?.spec?.interface.node.ip;
    const pod = chooseSender(this.#pods.store.list());
    const targets = pathTargets(this.#fabrics.store.list(), this.#connections.store.list());
    if (local === undefined || pod === undefined || targets.length === 0) {
      if (this.#found.size > 0 || this.#rounds === 0) await applyDisguise(ctx, machine.tools, undefined);
      this.#rounds++;
      this.#found = new Map();
      await this.#withdraw(ctx, []);
      return {};
    }
    await applyDisguise(ctx, machine.tools, { local, pod, targets });
    const found = await measurePaths(ctx, {
      ...{ clock: machine.clock, local, localPort: portOf(this.#rounds++), pod, targets },
      ...{ ownAddresses: await ownAddresses(ctx, machine.tools), mostMs: intervalMs / 2 },
    });
    if (ctx.signal.aborted) return {};
    const before = this.#found;
    this.#found = new Map(targets.map(({ peer }, at) => [peer, found[at] ?? LOST]));
    for (const target of targets) {
      const path = this.#found.get(target.peer) ?? LOST;
      if (isSure(before.get(target.peer), path)) await this.#tell(ctx, target, path);
    }
    await this.#withdraw(ctx, targets);
    return found.every(isWhole) ? {} : { retryAfterMs: Math.min(SOON_MS, intervalMs / 4) };
  }

  async #tell(ctx: Context, { connection, bytes }: PathTarget, found: PathFound): Promise<void> {
    const { machine, nodeName, intervalMs } = this.#options;
    const current = this.#connections.store.get(keyOf(connection));
    const told = current?.status?.paths?.find(({ node }) => node === nodeName);
    const everyMs = toldEveryMs(intervalMs, this.#nodes.store.list().length);
    const path = pathToTell(told, found, { node: nodeName, bytes, nowMs: machine.clock.epochMs(), everyMs });
    if (path !== undefined) await this.#apply(ctx, connection, [path]);
  }

  /** What is not measured any more is not told any more. */
  async #withdraw(ctx: Context, targets: readonly PathTarget[]): Promise<void> {
    for (const connection of this.#connections.store.list()) {
      const isOwn = connection.status?.paths?.some(({ node }) => node === this.#options.nodeName) === true;
      const isMeasured = targets.some((target) => target.connection.metadata?.uid === connection.metadata?.uid);
      if (isOwn && !isMeasured) await this.#apply(ctx, connection, []);
    }
  }

  async #apply(
    ctx: Context,
    { metadata }: Connection,
    paths: NonNullable<Connection["status"]>["paths"],
  ): Promise<void> {
    const { client, nodeName } = this.#options;
    const { namespace = "", name = "", uid = "" } = metadata ?? {};
    const written = await client.apply(
      ctx,
      connections,
      // The uid keeps it from another one of that name.
      { metadata: { namespace, name, uid }, status: { ...(paths !== undefined && { paths }) } },
      { subresource: "status", fieldManager: `liqo-fabric/${nodeName}` },
    );
    this.#connections.observe(written);
  }
}

/** After something was lost. */
const SOON_MS = 1_000;
const LOST: PathFound = { small: "Lost", full: "Lost" };

/** All that is asked of a pod. */
function senderOnly({ metadata, spec, status }: Pod): Pod {
  const { podIP, phase, conditions } = status ?? {};
  return {
    ...(metadata !== undefined && { metadata }),
    spec: { containers: [], ...(spec?.hostNetwork !== undefined && { hostNetwork: spec.hostNetwork }) },
    status: {
      ...(podIP !== undefined && { podIP }),
      ...(phase !== undefined && { phase }),
      ...(conditions !== undefined && { conditions }),
    },
  };
}

async function ownAddresses(ctx: Context, tools: Tools): Promise<ReadonlySet<string>> {
  const links = await runJson<{ addr_info?: readonly { local?: string }[] }>(ctx, tools, [
    ...["ip", "-4", "-json", "addr", "show"],
  ]);
  return new Set(links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? [])));
}
