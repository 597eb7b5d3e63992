/** All clusters that are looked at, and the picture that their objects make. */
import type { Event } from "kubernetes-types/core/v1";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { Cluster } from "#cli/cluster.ts";
import { type ItemKey, type ItemKind, itemKey, type NamespaceItem } from "../../model/items.ts";
import { originOf } from "../items/namespace.ts";
import { reflectedName } from "../items/reflected.ts";
import { CurrentPicture, type Update } from "../picture.ts";
import { ClusterWatch } from "./cluster.ts";
import { keysOf, makeItem, type NamedKey, type Place } from "./make.ts";
import type { Touched } from "./resources.ts";

/** What changes within this time goes as one. */
const BATCH_MS = 100;
/** A cluster that says nothing keeps nobody waiting for the others. */
const MOST_SETTLING_MS = 3_000;

export interface LookedAt {
  readonly name: string;
  readonly access: Cluster;
}

interface Pending {
  readonly kind: ItemKind;
  readonly key: NamedKey;
  readonly who: string | undefined;
}

export class Federation implements AsyncDisposable {
  readonly picture = new CurrentPicture();
  /** Resolves with the first picture that is whole. */
  readonly ready: Promise<void>;
  readonly #clock: Clock;
  readonly #watches: readonly ClusterWatch[];
  readonly #touched = new Map<
    ClusterWatch,
    Map<string, { readonly touched: Touched; readonly who: string | undefined }>
  >();
  readonly #introduced = new Set<string>();
  #isReady = false;
  #cancelFlush: (() => void) | undefined;

  constructor(ctx: Context, clusters: readonly LookedAt[], clock: Clock = systemClock) {
    this.#clock = clock;
    const watches: ClusterWatch[] = [];
    for (const { name, access } of clusters) {
      const watch: ClusterWatch = new ClusterWatch(ctx, {
        ...{ name, access, clock },
        // Informers tell nothing before their first answer, and that comes later than this.
        touch: (touched, who) => this.#touch(watch, touched, who),
        touchFailed: (event) => this.#touchFailed(watch, event),
        identified: () => this.#identified(),
      });
      watches.push(watch);
    }
    this.#watches = watches;
    this.ready = this.#settle(ctx);
  }

  get watches(): readonly ClusterWatch[] {
    return this.#watches;
  }

  find(name: string): ClusterWatch | undefined {
    return this.#watches.find((watch) => watch.name === name);
  }

  findById(id: string): ClusterWatch | undefined {
    return this.#watches.find((watch) => watch.id === id);
  }

  /** Clusters whose items have been put in. */
  get introduced(): readonly string[] {
    return [...this.#introduced];
  }

  /** The context by which a cluster is looked at; its id where it is not. */
  contextOf(id: string): string {
    return this.findById(id)?.name ?? id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelFlush?.();
    await Promise.all(this.#watches.map((watch) => watch[Symbol.asyncDispose]()));
  }

  async #settle(ctx: Context): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(MOST_SETTLING_MS, resolve);
    ctx.signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([Promise.all(this.#watches.map(({ settled }) => settled)), late]);
    cancel();
    this.#isReady = true;
    for (const watch of this.#watches) this.#touch(watch, [{ kind: "cluster" }], undefined);
    this.#flush();
  }

  #touch(watch: ClusterWatch, touched: readonly Touched[], who: string | undefined): void {
    if (touched.length === 0) return;
    const all = this.#touched.get(watch) ?? new Map();
    this.#touched.set(watch, all);
    for (const each of touched)
      all.set(`${each.kind}/${each.namespace ?? "*"}/${each.name ?? "*"}`, { touched: each, who });
    if (!this.#isReady || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#clock.after(BATCH_MS, () => this.#flush());
  }

  /** Twins, endpoints and copies name other clusters by their contexts. */
  #identified(): void {
    for (const watch of this.#watches ?? [])
      this.#touch(watch, [{ kind: "pod" }, { kind: "service" }, { kind: "reflected" }, { kind: "cluster" }], undefined);
  }

  #touchFailed(watch: ClusterWatch, { involvedObject, metadata }: Event): void {
    const { kind = "", name = "", namespace = metadata.namespace } = involvedObject;
    for (const other of this.#watches) {
      const twins = other.followed?.namespaces.store.list().filter((each) => {
        const origin = originOf(each);
        return origin?.clusterID === watch.id && origin?.namespace === namespace;
      });
      for (const twin of twins ?? [])
        this.#touch(
          other,
          [{ kind: "reflected", namespace: twin.metadata?.name ?? "", name: reflectedName(kind, name) }],
          undefined,
        );
    }
  }

  #failureOf(origin: NonNullable<NamespaceItem["origin"]>, kind: string, name: string): Event | undefined {
    const events = this.findById(origin.clusterID)?.followed?.failures.store.list(origin.namespace) ?? [];
    return events
      .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name)
      .sort((a, b) => ((a.lastTimestamp ?? "") < (b.lastTimestamp ?? "") ? 1 : -1))[0];
  }

  #flush(): void {
    this.#cancelFlush = undefined;
    const updates = new Map<ItemKey, Update>();
    const ofCluster = this.#keysInPicture();
    for (const [watch, touched] of this.#touched) {
      for (const update of this.#updatesOf(watch, [...touched.values()], ofCluster)) updates.set(update.key, update);
    }
    this.#touched.clear();
    const introduced = this.#watches.filter(
      (watch) => watch.followed !== undefined && !this.#introduced.has(watch.name),
    );
    for (const { name } of introduced) this.#introduced.add(name);
    this.picture.update(
      this.#clock.epochMs(),
      [...updates.values()],
      introduced.map(({ name }) => name),
    );
  }

  /** Only where all of a kind are looked for: what is in the picture may be gone. */
  #keysInPicture(): (cluster: string, kind: ItemKind, namespace: string | undefined) => NamedKey[] {
    let known: Map<string, NamedKey[]> | undefined;
    return (cluster, kind, namespace) => {
      if (known === undefined) {
        known = new Map();
        for (const item of this.picture.list()) {
          const [, , of = "", name = ""] = item.key.split("/").map(decodeURIComponent);
          const place = `${item.kind}/${item.cluster}`;
          const keys = known.get(place) ?? [];
          keys.push({ namespace: of, name });
          known.set(place, keys);
        }
      }
      const keys = known.get(`${kind}/${cluster}`) ?? [];
      return namespace === undefined ? keys : keys.filter((key) => key.namespace === namespace);
    };
  }

  #updatesOf(
    watch: ClusterWatch,
    all: readonly { readonly touched: Touched; readonly who: string | undefined }[],
    inPicture: (cluster: string, kind: ItemKind, namespace: string | undefined) => NamedKey[],
  ): Update[] {
    const { followed, name: cluster } = watch;
    const updates: Update[] = [];
    const place: Place = {
      cluster,
      contextOf: (id) => this.contextOf(id),
      failureOf: (origin, kind, name) => this.#failureOf(origin, kind, name),
    };
    const pending = all.flatMap(({ touched, who }): Pending[] => {
      const { kind, namespace, name } = touched;
      if (kind === "cluster" || followed === undefined) return [];
      if (name !== undefined) return [{ kind, key: { namespace: namespace ?? "", name }, who }];
      const keys = [...keysOf(followed, kind, namespace), ...inPicture(cluster, kind, namespace)];
      return keys.map((key) => ({ kind, key, who: undefined }));
    });
    // Who wrote is known of those that were named; they come last and count.
    pending.sort((a, b) => Number(a.who !== undefined) - Number(b.who !== undefined));
    const made = new Map<ItemKey, Update>();
    for (const { kind, key, who } of pending) {
      const id = itemKey(kind, cluster, key.namespace, key.name);
      const before = made.get(id);
      made.set(
        id,
        before === undefined
          ? { key: id, item: followed && makeItem(followed, place, kind, key), who }
          : { ...before, who },
      );
    }
    updates.push(...made.values());
    if (all.some(({ touched }) => touched.kind === "cluster")) {
      const item = watch.item();
      updates.push({ key: item.key, item, who: undefined });
    }
    return updates;
  }
}
