/** Keeps the nftables table of this node equal to Services and EndpointSlices. Runs inside the node agent. Kubernetes: pkg/proxy/nftables */
import type { Node, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { Alarm } from "#base/alarm.ts";
import { systemClock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { run } from "#base/run.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { deleteEntries, staleEntries } from "./conntrack.ts";
import { announcedAddresses, setAnnounced } from "./load-balancer.ts";
import { baseRuleset, type RulesetOptions, type ServiceUnit, serviceUnit, TABLE } from "./ruleset.ts";
import { type ServiceRules, serviceRules } from "./state.ts";
import { transaction } from "./transaction.ts";

export interface ServiceProxyOptions {
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** Of the whole cluster. */
  readonly podCidr: string;
  /** Cluster IPs that something on this node answers itself (the DNS server): they need no rules. */
  readonly localAddresses?: readonly string[];
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly nodes: Informer<Node>;
}

// Changes that come in one burst (a rollout, a restart) become one transaction.
const GATHER_MS = 10;
const RETRY_MS = 1_000;
const RESYNC_MS = 3_600_000;
const NFT_DEADLINE_MS = 20_000;

/**
 * Returns at once; until Services, EndpointSlices and Nodes have been listed the rules stay as an earlier agent left them.
 * Rules stay when it is disposed, too: pods keep their connections.
 */
export function startServiceProxy(parent: Context, options: ServiceProxyOptions): AsyncDisposable {
  const { ctx, cancel } = withCancel(parent);
  const changed = new Alarm(systemClock);
  const wake = (): void => changed.ring();
  const handler = { added: wake, updated: wake, deleted: wake };
  const informers = [options.services, options.slices, options.nodes];
  const removers = informers.map((informer) => informer.addHandler(handler));
  const ended = new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
  const listed = Promise.race([Promise.all(informers.map((informer) => informer.synced)), ended]);
  const running = listed.then(() => follow(ctx, new NodeRules(options), changed));
  return {
    async [Symbol.asyncDispose]() {
      for (const remove of removers) remove();
      cancel();
      await running;
    },
  };
}

async function follow(ctx: Context, rules: NodeRules, changed: Alarm): Promise<void> {
  while (!ctx.signal.aborted) {
    await sleep(ctx, GATHER_MS);
    changed.reset();
    const succeeded = await attempt(ctx, rules);
    await changed.wait(ctx, succeeded ? RESYNC_MS : RETRY_MS);
  }
}

async function attempt(ctx: Context, proxy: NodeRules): Promise<boolean> {
  try {
    await proxy.sync(ctx);
    return true;
  } catch (error) {
    if (!ctx.signal.aborted) ctx.log.warn("service rules not updated", { error: messageOf(error) });
    return false;
  }
}

class NodeRules {
  readonly #options: ServiceProxyOptions;
  readonly #ruleset: RulesetOptions;
  #rules: readonly ServiceRules[] = [];
  #units: ReadonlyMap<string, ServiceUnit> | undefined;
  #announced: ReadonlySet<string> = new Set();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    this.#ruleset = { podCidr: options.podCidr, nodeAddresses: [options.nodeAddress] };
  }

  async sync(ctx: Context): Promise<void> {
    const own = new Set(this.#options.localAddresses);
    const services = this.#options.services.store.list().filter((service) => !own.has(service.spec?.clusterIP ?? ""));
    const slices = this.#options.slices.store.list();
    const rules = serviceRules(services, slices, this.#options.nodeName);
    const units = new Map(rules.map((item) => [item.key, serviceUnit(item, this.#ruleset)]));
    await this.#apply(ctx, units);
    const stale = staleEntries(this.#rules, rules);
    this.#rules = rules;
    await deleteEntries(ctx, stale);
    const nodes = this.#options.nodes.store.list();
    const announced = announcedAddresses({ services, slices, nodes, nodeName: this.#options.nodeName });
    await setAnnounced(ctx, this.#announced, announced);
    this.#announced = new Set(announced);
  }

  /** The first time, and after a failure, everything is written anew: what the kernel holds is then not known. */
  async #apply(ctx: Context, units: ReadonlyMap<string, ServiceUnit>): Promise<void> {
    const before = this.#units;
    const text =
      before === undefined
        ? baseRuleset(this.#ruleset) + transaction(TABLE, new Map(), units)
        : transaction(TABLE, before, units);
    if (text === "") return;
    this.#units = undefined;
    await run("nft", ["-f", "-"], { input: text, timeoutMs: NFT_DEADLINE_MS, signal: ctx.signal });
    this.#units = units;
  }
}
