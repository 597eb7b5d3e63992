/**
 * Leader election that waits for no Lease to last: the Lease is watched, so that one that is given up is taken at once, and
 * its holder is asked whether it lives. Where it cannot be asked, the Lease alone counts. Not in client-go.
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { leases } from "#machinery/builtin.ts";
import type { KubeClient } from "../client/client.ts";
import type { Informer } from "../informer/informer.ts";
import type { Informers } from "../informer/informers.ts";
import { HolderWatch, httpProbe } from "./holder-watch.ts";
import { type ElectionOptions, Nudge, runElected } from "./leader.ts";

export interface WatchedElectionOptions extends Omit<ElectionOptions, "nudge" | "isGone" | "annotations"> {
  /** Annotation of the Lease, and this candidate's health server; where it serves none nobody asks it. */
  readonly health: { readonly annotation: string; readonly ip: string | undefined; readonly port: number | undefined };
}

export class WatchedElection {
  readonly #client: KubeClient;
  readonly #options: WatchedElectionOptions;
  readonly #nudge = new Nudge();
  readonly #informer: Informer<Lease>;

  constructor(client: KubeClient, informers: Informers, options: WatchedElectionOptions) {
    const { namespace, name } = options.lease;
    this.#client = client;
    this.#options = options;
    const fieldSelector = `metadata.name=${name}`;
    this.#informer = informers.for(leases, { ...(namespace !== undefined && { namespace }), fieldSelector });
  }

  /** Who has the Lease; undefined: nobody, as far as is known. */
  get holder(): string | undefined {
    const { holderIdentity = "" } = this.#informer.store.get(this.#options.lease)?.spec ?? {};
    return holderIdentity === "" ? undefined : holderIdentity;
  }

  /** How many turns there were, with this candidate's own; undefined: it has none, as far as is known. */
  get turn(): number | undefined {
    const { holderIdentity, leaseTransitions = 0 } = this.#informer.store.get(this.#options.lease)?.spec ?? {};
    return holderIdentity === this.#options.identity ? leaseTransitions + 1 : undefined;
  }

  /** Something may have changed that an option tells of. */
  nudge(): void {
    this.#nudge.give();
  }

  /** As runElected, with `elect` around it: to be called again after a turn that was lost, perhaps. */
  async run(
    ctx: Context,
    lead: (leading: Context) => Promise<void>,
    elect: (turn: () => Promise<void>) => Promise<void> = (turn) => turn(),
  ): Promise<void> {
    const { identity, health, clock = systemClock } = this.#options;
    using probe = httpProbe();
    const watch = new HolderWatch({
      clock,
      identity,
      annotation: health.annotation,
      probe,
      gone: () => this.#nudge.give(),
    });
    this.#informer.addHandler(this.#follower(watch));
    const { ctx: watching, cancel } = withCancel(ctx);
    const election: ElectionOptions = {
      ...this.#options,
      annotations: { [health.annotation]: addressOf(health) },
      nudge: this.#nudge,
      isGone: (lease) => watch.isGone(lease),
    };
    const elected = elect(() => runElected(ctx, this.#client, election, lead));
    await Promise.all([watch.run(watching), elected.finally(cancel)]);
  }

  #follower(watch: HolderWatch) {
    const follow = (lease: Lease | undefined): void => {
      watch.follow(lease);
      // One's own renewals are no news.
      if (lease?.spec?.holderIdentity !== this.#options.identity) this.#nudge.give();
    };
    return {
      added: follow,
      updated: (lease: Lease, { spec }: Lease) =>
        lease.spec?.holderIdentity === spec?.holderIdentity ? watch.follow(lease) : follow(lease),
      deleted: () => follow(undefined),
    };
  }
}

/** `ip:port`; empty for none. */
function addressOf({ ip, port }: WatchedElectionOptions["health"]): string {
  return ip === undefined || port === undefined ? "" : `${ip}:${port}`;
}
