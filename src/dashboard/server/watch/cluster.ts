/**
 * One cluster that is looked at. Answering → (two probes in vain, or refused connections) silent, its items stay as they
 * were → answering: all is read anew, since a watch that hung may have missed anything.
 */
import type { ConfigMap, Event } from "kubernetes-types/core/v1";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep, withCancel, withTimeout } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import { CLUSTER_ID_SELECTOR, type Cluster } from "#cli/cluster.ts";
import type { Informer, InformerOptions } from "#kube/informer/informer.ts";
import { Informers } from "#kube/informer/informers.ts";
import { configMaps } from "#machinery/builtin.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { StatusError } from "#machinery/status-error.ts";
import { type ClusterItem, ITEM_KINDS } from "../../model/items.ts";
import { clusterItem } from "../items/cluster.ts";
import { writerOf } from "../items/writer.ts";
import { type Followed, followAll, type Touched } from "./resources.ts";

const PROBE_MS = 5_000;
/** While it is silent it is asked more often, so that it is seen to come back. */
const SILENT_PROBE_MS = 2_000;
const ANSWER_MS = 4_000;
const MOST_UNANSWERED = 2;
/** What is waited for beside resources. */
const VERSION = "/version";

export interface ClusterWatchOptions {
  /** Context of the kubeconfig, by which a person knows it. */
  readonly name: string;
  readonly access: Cluster;
  readonly touch: (touched: readonly Touched[], who: string | undefined) => void;
  readonly touchFailed: (event: Event) => void;
  /** Its id has become known, or another. */
  readonly identified: () => void;
  readonly clock?: Clock;
}

export class ClusterWatch implements AsyncDisposable {
  readonly name: string;
  readonly access: Cluster;
  /** Resolves once each of its resources was listed, or could not be. */
  readonly settled: Promise<void>;
  #markSettled: () => void = () => undefined;
  readonly #options: ClusterWatchOptions;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #running: Promise<void>;
  #informers: Informers | undefined;
  #followed: Followed | undefined;
  #waiting = new Set<string>();
  readonly #refused = new Set<string>();
  #id: string | undefined;
  #version: string | undefined;
  #silence: string | undefined;

  constructor(ctx: Context, options: ClusterWatchOptions) {
    const { ctx: own, cancel } = withCancel(ctx);
    this.name = options.name;
    this.access = options.access;
    this.settled = new Promise((resolve) => {
      this.#markSettled = resolve;
    });
    this.#options = options;
    this.#ctx = own;
    this.#cancel = cancel;
    this.#begin();
    this.#running = this.#probe();
  }

  /** Undefined while it is silent, or has not listed everything since: what was known of it stays. */
  get followed(): Followed | undefined {
    return this.#waiting.size > 0 ? undefined : this.#followed;
  }

  get id(): string | undefined {
    return this.#id;
  }

  item(): ClusterItem {
    return clusterItem({
      cluster: this.name,
      id: this.#id,
      version: this.#version,
      silence: this.#silence,
      refused: [...this.#refused],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#running;
    await this.#informers?.[Symbol.asyncDispose]();
  }

  #begin(): void {
    const { liqoNamespace, client } = this.access;
    const informers = new Informers(this.#ctx, client);
    this.#informers = informers;
    this.#refused.clear();
    this.#waiting = new Set();
    if (this.#version === undefined) this.#waiting.add(VERSION);
    this.#followed = followAll(
      (resource, options, touches) => this.#follow(informers, resource, options, touches),
      (event) => this.#options.touchFailed(event),
    );
    const scope = { namespace: liqoNamespace, labelSelector: CLUSTER_ID_SELECTOR };
    this.#follow<ConfigMap>(informers, configMaps, scope, ({ data }) => {
      this.#identify(data?.["CLUSTER_ID"]);
      return [{ kind: "cluster" }];
    });
  }

  #identify(id: string | undefined): void {
    if (id === this.#id || id === "") return;
    this.#id = id;
    this.#options.identified();
  }

  #follow<T extends KubeObject>(
    informers: Informers,
    resource: Resource<T>,
    options: InformerOptions<T>,
    touches: (object: T, previous: T | undefined) => readonly Touched[],
  ): Informer<T> {
    const name = [formatGroupResource(resource), options.labelSelector ?? "", options.namespace ?? ""].join(" ");
    this.#waiting.add(name);
    const onFailure = (error: unknown): void => this.#failed(informers, name, resource, error);
    const { clock = systemClock } = this.#options;
    const informer = informers.for<T>(resource, { ...options, onFailure });
    const touch = (object: T, previous: T | undefined): void => {
      if (this.#informers === informers)
        this.#options.touch(touches(object, previous), writerOf(object, previous, clock.epochMs()));
    };
    informer.addHandler({
      added: (object) => touch(object, undefined),
      updated: touch,
      deleted: (object) => touch({ ...object, metadata: { ...object.metadata, managedFields: [] } }, undefined),
    });
    void informer.synced.then(() => {
      if (this.#refused.delete(formatGroupResource(resource))) this.#options.touch([{ kind: "cluster" }], undefined);
      this.#settle(informers, name);
    });
    return informer;
  }

  #failed(informers: Informers, name: string, resource: Resource, error: unknown): void {
    if (this.#informers !== informers) return;
    if (error instanceof StatusError && (error.code === 403 || error.code === 401)) {
      this.#refused.add(formatGroupResource(resource));
      this.#options.touch([{ kind: "cluster" }], undefined);
    }
    // A server that does not answer is what probes are for; until then nothing is known of it.
    if (error instanceof StatusError && error.code < 500) this.#settle(informers, name);
    else if (this.#silence !== undefined) this.#settle(informers, name);
  }

  #settle(informers: Informers | undefined, name: string): void {
    if (
      informers === undefined ||
      this.#informers !== informers ||
      !this.#waiting.delete(name) ||
      this.#waiting.size > 0
    )
      return;
    // Whatever is gone since it was looked at last is found by looking for all.
    this.#options.touch(
      ITEM_KINDS.map((kind) => ({ kind })),
      undefined,
    );
    this.#markSettled();
  }

  async #probe(): Promise<void> {
    const { clock = systemClock } = this.#options;
    let unanswered = 0;
    while (!this.#ctx.signal.aborted) {
      const silence = await this.#ask();
      if (this.#ctx.signal.aborted) return;
      unanswered = silence === undefined ? 0 : unanswered + (silence.isCertain ? MOST_UNANSWERED : 1);
      if (silence === undefined) this.#answers();
      else if (unanswered >= MOST_UNANSWERED) await this.#isSilent(silence.text);
      await sleep(this.#ctx, unanswered > 0 ? SILENT_PROBE_MS : PROBE_MS, clock);
    }
  }

  async #ask(): Promise<{ readonly text: string; readonly isCertain: boolean } | undefined> {
    const { client, server } = this.access;
    try {
      const limited = withTimeout(this.#ctx, ANSWER_MS);
      const { gitVersion } = await client.raw<{ gitVersion?: string }>(limited, "GET", "/version");
      if (gitVersion !== this.#version) {
        this.#version = gitVersion;
        this.#options.touch([{ kind: "cluster" }], undefined);
      }
      this.#settle(this.#informers, VERSION);
      return undefined;
    } catch (error) {
      // Whoever refuses is there.
      if (error instanceof StatusError && error.code < 500) {
        this.#settle(this.#informers, VERSION);
        return undefined;
      }
      if (isAborted(error)) return { text: `${server} did not answer within ${ANSWER_MS / 1_000} s`, isCertain: false };
      return { text: messageOf(error), isCertain: true };
    }
  }

  #answers(): void {
    if (this.#silence === undefined) return;
    this.#silence = undefined;
    this.#begin();
    this.#options.touch([{ kind: "cluster" }], undefined);
  }

  async #isSilent(text: string): Promise<void> {
    if (this.#silence === text) return;
    this.#silence = text;
    const informers = this.#informers;
    this.#informers = undefined;
    this.#followed = undefined;
    this.#waiting = new Set();
    this.#options.touch([{ kind: "cluster" }], undefined);
    this.#markSettled();
    await informers?.[Symbol.asyncDispose]();
  }
}
