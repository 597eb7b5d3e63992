/** Who of a gateway's replicas is in charge: the holder of its Lease, as upstream's. Upstream: pkg/gateway/concurrent */
import { HEALTH_ADDRESS } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Context, sleep } from "#base/context.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { LeaseLostError } from "#kube/election/leader.ts";
import { WatchedElection } from "#kube/election/watched.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { Machine } from "../system/machine.ts";
import type { ElectionTimes, GatewayOptions } from "./options.ts";

/** Of one who lost its turn. */
const PAUSE_MS = 1_000;
/** Some pings of the peer, whose word counts for no longer. */
const HEARD_MS = 10_000;

export interface Candidacy {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly options: GatewayOptions;
  readonly machine: Machine;
  readonly times: ElectionTimes;
}

/** The Lease of this gateway's replicas, watched. */
export class Turns {
  readonly #machine: Machine;
  readonly #election: WatchedElection;
  #latest: { readonly turn: number; readonly heardMs: number } | undefined;

  constructor({ client, informers, options, machine, times }: Candidacy) {
    const { name, namespace, mode, podName, podIp, healthPort } = options;
    this.#machine = machine;
    this.#election = new WatchedElection(client, informers, {
      lease: { namespace, name: gatewayLeaseName(name, namespace, mode) },
      identity: podName,
      labels: { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: name },
      health: { annotation: HEALTH_ADDRESS, ip: podIp, port: healthPort },
      leaseSeconds: Math.ceil(times.leaseMs / 1_000),
      renewMs: times.retryMs,
      renewDeadlineMs: times.renewDeadlineMs,
      retryMs: times.retryMs,
      clock: machine.clock,
      keepsUntilReplaced: true,
      isReplaced: () => this.#isReplaced(),
    });
  }

  /** Who has the Lease; undefined: nobody, as far as is known. */
  get holder(): string | undefined {
    return this.#election.holder;
  }

  /** Undefined while another one is in charge, as far as is known. */
  get turn(): number | undefined {
    return this.#election.turn;
  }

  /** The peer has heard of a later one: whoever is cut off from the API server alone learns of it so. */
  heardOf(turn: number): void {
    this.#latest = { turn, heardMs: this.#machine.clock.nowMs() };
    this.#election.nudge();
  }

  #isReplaced(): boolean {
    const { turn } = this;
    if (turn === undefined || this.#latest === undefined) return false;
    const isRecent = this.#machine.clock.nowMs() - this.#latest.heardMs < HEARD_MS;
    return isRecent && this.#latest.turn > turn;
  }

  /**
   * Calls `lead` for each turn until the context ends, which gives the Lease up at once. What `lead` has set up by then may
   * go on: another one may be in charge when this resolves.
   */
  take(ctx: Context, lead: (leading: Context) => Promise<void>): Promise<void> {
    return this.#election.run(ctx, lead, async (turn) => {
      while (!ctx.signal.aborted) {
        try {
          await turn();
        } catch (error) {
          if (!(error instanceof LeaseLostError)) throw error;
          ctx.log.warn("another gateway is in charge now", { holder: this.holder });
          await sleep(ctx, PAUSE_MS, this.#machine.clock);
        }
      }
    });
  }
}
