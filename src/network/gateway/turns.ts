/**
 * Who of a gateway's replicas is in charge: the holder of its Lease, as upstream's. The Lease is watched, so that one that is
 * given up is taken at once, and its holder is asked whether it lives. Upstream: pkg/gateway/concurrent
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import { GATEWAY_HEALTH_ADDRESS } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { LeaseLostError, Nudge, runElected } from "#kube/election/leader.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { leases } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Machine } from "../system/machine.ts";
import { HolderWatch, httpProbe } from "./holder-watch.ts";
import type { ElectionTimes, GatewayOptions } from "./options.ts";

/** Of one who lost its turn. */
const PAUSE_MS = 1_000;

export interface Candidacy {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly options: GatewayOptions;
  readonly machine: Machine;
  readonly times: ElectionTimes;
}

/** The Lease of this gateway's replicas, watched. */
export class Turns {
  readonly #parts: Candidacy;
  readonly #key: ObjectKey;
  readonly #nudge = new Nudge();
  readonly #informer: Informer<Lease>;

  constructor(parts: Candidacy) {
    const { name, namespace, mode } = parts.options;
    this.#parts = parts;
    this.#key = { namespace, name: gatewayLeaseName(name, namespace, mode) };
    const fieldSelector = `metadata.name=${this.#key.name}`;
    this.#informer = parts.informers.for(leases, { namespace, fieldSelector });
  }

  /** Who has the Lease; undefined: nobody, as far as is known. */
  get holder(): string | undefined {
    const { holderIdentity = "" } = this.#informer.store.get(this.#key)?.spec ?? {};
    return holderIdentity === "" ? undefined : holderIdentity;
  }

  /**
   * Calls `lead` for each turn until the context ends, which gives the Lease up at once. What `lead` has set up by then may
   * go on: another one may be in charge when this resolves.
   */
  async take(ctx: Context, lead: (leading: Context) => Promise<void>): Promise<void> {
    const { options, machine } = this.#parts;
    using probe = httpProbe();
    const watch = new HolderWatch({
      clock: machine.clock,
      identity: options.podName,
      probe,
      gone: () => this.#nudge.give(),
    });
    const follow = (lease: Lease | undefined): void => {
      watch.follow(lease);
      // One's own renewals are no news.
      if (lease?.spec?.holderIdentity !== options.podName) this.#nudge.give();
    };
    this.#informer.addHandler({
      added: follow,
      updated: (lease, { spec }) =>
        lease.spec?.holderIdentity === spec?.holderIdentity ? watch.follow(lease) : follow(lease),
      deleted: () => follow(undefined),
    });
    const { ctx: watching, cancel } = withCancel(ctx);
    await Promise.all([watch.run(watching), this.#elect(ctx, watch, lead).finally(cancel)]);
  }

  async #elect(ctx: Context, watch: HolderWatch, lead: (leading: Context) => Promise<void>): Promise<void> {
    const { client, options, machine } = this.#parts;
    const { leaseMs, renewDeadlineMs, retryMs } = this.#parts.times;
    while (!ctx.signal.aborted) {
      const election = {
        lease: this.#key,
        identity: options.podName,
        labels: { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: options.name },
        annotations: { [GATEWAY_HEALTH_ADDRESS]: healthAddress(options) },
        leaseSeconds: Math.ceil(leaseMs / 1_000),
        renewMs: retryMs,
        renewDeadlineMs,
        retryMs,
        clock: machine.clock,
        nudge: this.#nudge,
        keepsUntilReplaced: true,
        isGone: (lease: Lease) => watch.isGone(lease),
      };
      try {
        await runElected(ctx, client, election, lead);
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        ctx.log.warn("another gateway is in charge now", { holder: this.holder });
        await sleep(ctx, PAUSE_MS, machine.clock);
      }
    }
  }
}

/** Empty where nothing is served: nobody asks there. */
function healthAddress({ podIp, healthPort }: GatewayOptions): string {
  return podIp === undefined || healthPort === undefined ? "" : `${podIp}:${healthPort}`;
}
