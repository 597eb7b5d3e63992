/**
 * Records core/v1 Events about objects, counting repetitions instead of repeating them.
 * Kubernetes: client-go/tools/record (event.go, events_cache.go). Failing to record never fails the caller.
 */
import type { Event } from "kubernetes-types/core/v1";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { coreEvents } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists, isNotFound } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";
import { EventQueue } from "./queue.ts";

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

const REMEMBERED = 1000;

interface Entry {
  event: Event;
  isWritten: boolean;
  isWaiting: boolean;
}

export class EventRecorder {
  readonly #client: KubeClient;
  readonly #source: EventSource;
  readonly #clock: Clock;
  readonly #queue: EventQueue;
  readonly #seen = new Map<string, Entry>();
  #lastStamp = 0n;

  constructor(client: KubeClient, source: EventSource, clock: Clock = systemClock, queue = new EventQueue()) {
    this.#client = client;
    this.#source = source;
    this.#clock = clock;
    this.#queue = queue;
  }

  /** The same as another component: `deployment-controller`. */
  as(component: string): EventRecorder {
    return new EventRecorder(this.#client, { ...this.#source, component }, this.#clock, this.#queue);
  }

  normal(ctx: Context, object: KubeObject, reason: string, message: string, fieldPath?: string): void {
    this.#record(ctx, object, "Normal", reason, message, fieldPath);
  }

  warning(ctx: Context, object: KubeObject, reason: string, message: string, fieldPath?: string): void {
    this.#record(ctx, object, "Warning", reason, message, fieldPath);
  }

  #record(ctx: Context, object: KubeObject, type: string, reason: string, message: string, fieldPath?: string): void {
    const key = [object.metadata?.uid, type, reason, message, fieldPath].join("|");
    const now = timestamp(this.#clock.epochMs());
    const known = this.#seen.get(key);
    const entry = known ?? {
      event: this.#forge(object, { type, reason, message, now, ...(fieldPath !== undefined && { fieldPath }) }),
      isWritten: false,
      isWaiting: false,
    };
    if (known !== undefined) entry.event = { ...known.event, count: (known.event.count ?? 1) + 1, lastTimestamp: now };
    this.#remember(key, entry);
    // The write to come tells of this one, too.
    if (entry.isWaiting) return;
    entry.isWaiting = true;
    if (this.#queue.add(() => this.#write(ctx, entry))) return;
    entry.isWaiting = false;
    ctx.log.debug("event dropped, too many wait", { reason });
  }

  async #write(ctx: Context, entry: Entry): Promise<void> {
    entry.isWaiting = false;
    try {
      if (!entry.isWritten || !(await this.#repeat(ctx, entry.event))) await this.#create(ctx, entry);
      entry.isWritten = true;
    } catch (error) {
      if (!ctx.signal.aborted)
        ctx.log.debug("event not recorded", { reason: entry.event.reason, error: messageOf(error) });
    }
  }

  /** Two processes may choose one name in one millisecond: the second takes another. */
  async #create(ctx: Context, entry: Entry): Promise<void> {
    try {
      await this.#client.create(ctx, coreEvents, entry.event);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { involvedObject, metadata } = entry.event;
      entry.event = { ...entry.event, metadata: { ...metadata, name: this.#nextName(involvedObject.name) } };
      await this.#client.create(ctx, coreEvents, entry.event);
    }
  }

  /** Counts one more; false when the server does not keep the event any more. */
  async #repeat(ctx: Context, event: Event): Promise<boolean> {
    const { count, lastTimestamp } = event;
    try {
      await this.#client.patch(ctx, coreEvents, keyOf(event), "merge", { count, lastTimestamp });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #forge(
    object: KubeObject,
    e: { type: string; reason: string; message: string; now: string; fieldPath?: string },
  ): Event {
    const metadata = object.metadata ?? {};
    const namespace = metadata.namespace ?? "default";
    return {
      metadata: { name: this.#nextName(metadata.name), namespace },
      involvedObject: {
        ...(object.apiVersion !== undefined && { apiVersion: object.apiVersion }),
        ...(object.kind !== undefined && { kind: object.kind }),
        ...(metadata.name !== undefined && { name: metadata.name }),
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        ...(metadata.uid !== undefined && { uid: metadata.uid }),
        ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
        ...(e.fieldPath !== undefined && { fieldPath: e.fieldPath }),
      },
      type: e.type,
      reason: e.reason,
      message: e.message.slice(0, 1024),
      source: {
        component: this.#source.component,
        ...(this.#source.host !== undefined && { host: this.#source.host }),
      },
      firstTimestamp: e.now,
      lastTimestamp: e.now,
      count: 1,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? "",
    };
  }

  #nextName(object = "unknown"): string {
    return `${object}.${this.#nextStamp().toString(16)}`;
  }

  /**
   * Nanoseconds since 1970, each greater than the last: lists are sorted by name, which so is the order of events. Below
   * the millisecond it only tells recorders apart.
   */
  #nextStamp(): bigint {
    const withinMs = BigInt(Math.floor((this.#clock.nowMs() % 1) * 1_000_000));
    const now = BigInt(Math.floor(this.#clock.epochMs())) * 1_000_000n + withinMs;
    this.#lastStamp = now > this.#lastStamp ? now : this.#lastStamp + 1n;
    return this.#lastStamp;
  }

  #remember(key: string, entry: Entry): void {
    this.#seen.delete(key);
    this.#seen.set(key, entry);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}
