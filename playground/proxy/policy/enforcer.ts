/**
 * Keeps this node's table of NetworkPolicies equal to what the API says. Runs inside the node agent. Where there is no policy it
 * watches nothing but policies, and there is no table.
 */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { Alarm } from "#base/alarm.ts";
import { systemClock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { run } from "#base/run.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { namespaces, networkPolicies, pods } from "#machinery/builtin.ts";
import { podEssence } from "#machinery/pod-essence.ts";
import { type RuleUnit, transaction } from "../transaction.ts";
import { planPolicies } from "./plan.ts";
import { BASE, NO_TABLE, ruleUnits, TABLE } from "./ruleset.ts";

export interface PolicyEnforcerOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** Default: nft. */
  readonly load?: (ctx: Context, text: string) => Promise<void>;
}

// Changes that come in one burst (a rollout, a restart) become one transaction.
const GATHER_MS = 10;
const RETRY_MS = 1_000;
const IDLE_MS = 3_600_000;
const NFT_DEADLINE_MS = 20_000;

/** Whom the policies are about. */
interface World extends AsyncDisposable {
  readonly isSynced: boolean;
  readonly pods: Informer<Pod>;
  readonly namespaces: Informer<Namespace>;
}

/** Rules stay when it is disposed: pods stay isolated while an agent restarts. */
export class PolicyEnforcer implements AsyncDisposable {
  readonly #options: PolicyEnforcerOptions;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #changed = new Alarm(systemClock);
  readonly #policies: Informer<NetworkPolicy>;
  readonly #running: Promise<void>;
  /** Pods of this node that have an address of which the API does not know yet, by uid. */
  readonly #starting = new Map<string, { readonly pod: Pod; readonly ip: string }>();
  #waiting: (() => void)[] = [];
  #world: World | undefined;
  /** What the kernel holds; undefined when that is not known. */
  #units: ReadonlyMap<string, RuleUnit> | undefined;

  constructor(parent: Context, options: PolicyEnforcerOptions) {
    const { ctx, cancel } = withCancel(parent);
    this.#ctx = ctx;
    this.#cancel = cancel;
    this.#options = options;
    this.#policies = new Informer(ctx, options.client, networkPolicies);
    this.#policies.addHandler(this.#handler());
    this.#running = this.#run();
  }

  /** Resolves when every policy of its namespace holds for the pod, which has just been given this address. */
  async isolate(ctx: Context, pod: Pod, ip: string): Promise<void> {
    // That of a pod's worker, which ends with the pod; listening on the agent's for each pod would add up.
    const left = new Promise<void>((resolve) => {
      ctx.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#policies.synced, left]);
    const { namespace, uid = "" } = pod.metadata ?? {};
    if (!this.#policies.store.list().some(({ metadata }) => metadata?.namespace === namespace)) return;
    this.#starting.set(uid, { pod, ip });
    const isolated = new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#changed.ring();
    await Promise.race([isolated, left]);
    ctx.signal.throwIfAborted();
  }

  /** The pod's address may become another's. */
  release(uid: string): void {
    this.#starting.delete(uid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#running;
    await this.#policies[Symbol.asyncDispose]();
    await this.#world?.[Symbol.asyncDispose]();
  }

  #handler() {
    const ring = (): void => this.#changed.ring();
    return { added: ring, updated: ring, deleted: ring };
  }

  async #run(): Promise<void> {
    const ended = new Promise((resolve) => this.#ctx.signal.addEventListener("abort", resolve, { once: true }));
    await Promise.race([this.#policies.synced, ended]);
    while (!this.#ctx.signal.aborted) {
      await sleep(this.#ctx, GATHER_MS);
      this.#changed.reset();
      const asked = this.#waiting;
      this.#waiting = [];
      const isDone = await this.#attempt();
      if (isDone) for (const resolve of asked) resolve();
      else this.#waiting.unshift(...asked);
      await this.#changed.wait(this.#ctx, isDone ? IDLE_MS : RETRY_MS);
    }
  }

  /** False when it is to be tried again. */
  async #attempt(): Promise<boolean> {
    try {
      return await this.#sync();
    } catch (error) {
      if (!this.#ctx.signal.aborted) this.#ctx.log.warn("network policies not enforced", { error: messageOf(error) });
      return false;
    }
  }

  async #sync(): Promise<boolean> {
    const policies = this.#policies.store.list();
    if (policies.length === 0) {
      await this.#world?.[Symbol.asyncDispose]();
      this.#world = undefined;
      this.#starting.clear();
      await this.#apply(new Map());
      return true;
    }
    this.#world ??= this.#openWorld();
    if (!this.#world.isSynced) return false;
    const plan = planPolicies({
      policies,
      pods: this.#knownPods(this.#world.pods),
      namespaces: this.#world.namespaces.store.list(),
      nodeName: this.#options.nodeName,
    });
    await this.#apply(ruleUnits(plan));
    return true;
  }

  #openWorld(): World {
    const { client } = this.#options;
    const [ofPods, ofNamespaces] = [
      new Informer(this.#ctx, client, pods, { transform: podEssence }),
      new Informer(this.#ctx, client, namespaces),
    ];
    for (const informer of [ofPods, ofNamespaces]) {
      informer.addHandler(this.#handler());
      void informer.synced.then(() => this.#changed.ring());
    }
    return {
      pods: ofPods,
      namespaces: ofNamespaces,
      get isSynced() {
        return ofPods.isSynced && ofNamespaces.isSynced;
      },
      async [Symbol.asyncDispose]() {
        await ofPods[Symbol.asyncDispose]();
        await ofNamespaces[Symbol.asyncDispose]();
      },
    };
  }

  #knownPods({ store }: Informer<Pod>): Pod[] {
    const known = store.list();
    for (const { metadata, status } of known)
      if (status?.podIP !== undefined) this.#starting.delete(metadata?.uid ?? "");
    const isStarting = ({ metadata }: Pod): boolean => this.#starting.has(metadata?.uid ?? "");
    const starting = [...this.#starting.values()].map(({ pod, ip }) => ({
      ...pod,
      status: { ...pod.status, podIP: ip },
    }));
    return [...known.filter((pod) => !isStarting(pod)), ...starting];
  }

  /** The first time, and after a failure, everything is written anew: what the kernel holds is then not known. */
  async #apply(units: ReadonlyMap<string, RuleUnit>): Promise<void> {
    const before = this.#units;
    const text = change(before, units);
    if (text !== "") {
      this.#units = undefined;
      await (this.#options.load ?? loadWithNft)(this.#ctx, text);
    }
    this.#units = units;
  }
}

function change(before: ReadonlyMap<string, RuleUnit> | undefined, after: ReadonlyMap<string, RuleUnit>): string {
  if (after.size === 0) return before?.size === 0 ? "" : NO_TABLE;
  if (before === undefined || before.size === 0) return BASE + transaction(TABLE, new Map(), after);
  return transaction(TABLE, before, after);
}

async function loadWithNft(ctx: Context, input: string): Promise<void> {
  await run("nft", ["-f", "-"], { input, timeoutMs: NFT_DEADLINE_MS, signal: ctx.signal });
}
