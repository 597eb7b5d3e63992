/** Asks peers' API servers whether they live. Upstream: foreigncluster-controller/apiserver-status.go */

import { namespaceMaps } from "#api/offloading/namespace.ts";
import { type Context, sleep, withCancel, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import { readText } from "#kube/client/transport.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isForbidden } from "#machinery/status-error.ts";
import type { Settings } from "../../deps.ts";

// It says `ok`.
const ANSWER_BYTES = 64 * 1024;
// Whether there is one does not matter.
const NOBODY = "liqo-ping";

// A binding that is just being written, or put back, is missing for less than the time between two pings.
const REFUSALS = 2;

/** `refused`: it answers, and does not let the identity into its tenant namespace any more. */
export type PeerState = "ready" | "refused" | "notReady";

export interface PingTarget {
  readonly kubeconfig: string;
  /** At the peer. */
  readonly tenantNamespace: string;
}

interface Ping {
  readonly target: PingTarget;
  readonly cancel: () => void;
  state: PeerState | undefined;
  /** One after the other. */
  refusals: number;
}

export class ApiServerPings {
  readonly #settings: Settings;
  readonly #changed: (peer: string) => void;
  readonly #pings = new Map<string, Ping>();

  constructor(settings: Settings, changed: (peer: string) => void) {
    this.#settings = settings;
    this.#changed = changed;
  }

  /** Undefined until the first answer. */
  state(peer: string): PeerState | undefined {
    return this.#pings.get(peer)?.state;
  }

  /** A changed kubeconfig (a renewed certificate) replaces the running ping. */
  start(outer: Context, peer: string, target: PingTarget): void {
    const running = this.#pings.get(peer);
    if (jsonEquals(running?.target, target)) return;
    running?.cancel();
    const { ctx, cancel } = withCancel(outer);
    const ping: Ping = { target, cancel, state: running?.state, refusals: 0 };
    this.#pings.set(peer, ping);
    void this.#run(ctx, peer, ping);
  }

  stop(peer: string): void {
    this.#pings.get(peer)?.cancel();
    this.#pings.delete(peer);
  }

  async #run(ctx: Context, peer: string, ping: Ping): Promise<void> {
    try {
      using client = new KubeClient(
        inlineConfigFromText(ping.target.kubeconfig, `kubeconfig of ${peer}`),
        "liqo-foreigncluster-checker",
      );
      while (!ctx.signal.aborted) {
        this.#tell(ctx, peer, ping, await this.#ask(ctx, client, ping));
        await sleep(ctx, this.#settings.foreignClusterPingMs);
      }
    } catch (error) {
      if (ctx.signal.aborted) return;
      // With a kubeconfig that must not be used, nobody is reached.
      ctx.log.error("API server of peer is not asked", { peer, error: messageOf(error) });
      this.#tell(ctx, peer, ping, "notReady");
    }
  }

  #tell(ctx: Context, peer: string, ping: Ping, state: PeerState): void {
    if (ctx.signal.aborted || state === ping.state) return;
    ping.state = state;
    ctx.log.info("API server of peer", { peer, state });
    this.#changed(peer);
  }

  async #ask(ctx: Context, client: KubeClient, ping: Ping): Promise<PeerState> {
    const limited = withTimeout(ctx, this.#settings.foreignClusterPingTimeoutMs);
    try {
      const response = await client.stream(limited, "/livez");
      await readText(response, { mostBytes: ANSWER_BYTES });
      const namespace = ping.target.tenantNamespace;
      const isRefused = namespace !== "" && (await isForbiddenIn(limited, client, namespace));
      ping.refusals = isRefused ? ping.refusals + 1 : 0;
      return ping.refusals >= REFUSALS ? "refused" : "ready";
    } catch {
      // Whatever the reason: it did not answer in time, which is all that is asked here.
      return "notReady";
    }
  }
}

/** Asks for what replication reads there. */
async function isForbiddenIn(ctx: Context, client: KubeClient, namespace: string): Promise<boolean> {
  try {
    await client.find(ctx, namespaceMaps, { namespace, name: NOBODY });
    return false;
  } catch (error) {
    return isForbidden(error);
  }
}
