/** Asks peers' API servers whether they live. Upstream: foreigncluster-controller/apiserver-status.go */
import { type Context, sleep, withCancel, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import { readText } from "#kube/client/transport.ts";
import type { Settings } from "../../deps.ts";

// It says `ok`.
const ANSWER_BYTES = 64 * 1024;

interface Ping {
  readonly kubeconfig: string;
  readonly cancel: () => void;
  state: "ready" | "notReady" | undefined;
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
  state(peer: string): "ready" | "notReady" | undefined {
    return this.#pings.get(peer)?.state;
  }

  /** A changed kubeconfig (a renewed certificate) replaces the running ping. */
  start(outer: Context, peer: string, kubeconfig: string): void {
    const running = this.#pings.get(peer);
    if (running?.kubeconfig === kubeconfig) return;
    running?.cancel();
    const { ctx, cancel } = withCancel(outer);
    const ping: Ping = { kubeconfig, cancel, state: running?.state };
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
        inlineConfigFromText(ping.kubeconfig, `kubeconfig of ${peer}`),
        "liqo-foreigncluster-checker",
      );
      while (!ctx.signal.aborted) {
        this.#tell(ctx, peer, ping, (await this.#isAlive(ctx, client)) ? "ready" : "notReady");
        await sleep(ctx, this.#settings.foreignClusterPingMs);
      }
    } catch (error) {
      if (ctx.signal.aborted) return;
      // With a kubeconfig that must not be used, nobody is reached.
      ctx.log.error("API server of peer is not asked", { peer, error: messageOf(error) });
      this.#tell(ctx, peer, ping, "notReady");
    }
  }

  #tell(ctx: Context, peer: string, ping: Ping, state: "ready" | "notReady"): void {
    if (ctx.signal.aborted || state === ping.state) return;
    ping.state = state;
    ctx.log.info("API server of peer", { peer, state });
    this.#changed(peer);
  }

  async #isAlive(ctx: Context, client: KubeClient): Promise<boolean> {
    try {
      const response = await client.stream(withTimeout(ctx, this.#settings.foreignClusterPingTimeoutMs), "/livez");
      await readText(response, { mostBytes: ANSWER_BYTES });
      return true;
    } catch {
      // Whatever the reason: it did not answer in time, which is all that is asked here.
      return false;
    }
  }
}
