/**
 * Records core/v1 Events about objects, counting repetitions instead of repeating them.
 * Kubernetes: client-go/tools/record (event.go, events_cache.go). Failing to record never fails the caller.
 */
import type { Event } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { coreEvents } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

const REMEMBERED = 1000;

export class EventRecorder {
  readonly #client: KubeClient;
  readonly #source: EventSource;
  readonly #seen = new Map<string, Event>();
  #lastStamp = 0n;

  constructor(client: KubeClient, source: EventSource) {
    this.#client = client;
    this.#source = source;
  }

  /** The same as another component: `deployment-controller`. */
  as(component: string): EventRecorder {
    return new EventRecorder(this.#client, { ...this.#source, component });
  }

  normal(ctx: Context, object: KubeObject, reason: string, message: string, fieldPath?: string): void {
    this.#record(ctx, object, "Normal", reason, message, fieldPath);
  }

  warning(ctx: Context, object: KubeObject, reason: string, message: string, fieldPath?: string): void {
    this.#record(ctx, object, "Warning", reason, message, fieldPath);
  }

  #record(ctx: Context, object: KubeObject, type: string, reason: string, message: string, fieldPath?: string): void {
    this.#write(ctx, object, type, reason, message, fieldPath).catch((error: unknown) => {
      if (!ctx.signal.aborted) ctx.log.debug("event not recorded", { reason, error: messageOf(error) });
    });
  }

  async #write(
    ctx: Context,
    object: KubeObject,
    type: string,
    reason: string,
    message: string,
    fieldPath?: string,
  ): Promise<void> {
    const metadata = object.metadata ?? {};
    const key = [metadata.uid, type, reason, message, fieldPath].join("|");
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const previous = this.#seen.get(key);
    if (previous?.metadata?.name !== undefined) {
      const count = (previous.count ?? 1) + 1;
      this.#remember(key, { ...previous, count });
      const place = { namespace: previous.metadata.namespace ?? "default", name: previous.metadata.name };
      try {
        await this.#client.patch(ctx, coreEvents, place, "merge", { count, lastTimestamp: now });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    const event = this.#forge(object, {
      type,
      reason,
      message,
      now,
      key,
      ...(fieldPath !== undefined && { fieldPath }),
    });
    this.#remember(key, event);
    await this.#client.create(ctx, coreEvents, event);
  }

  #forge(
    object: KubeObject,
    e: { type: string; reason: string; message: string; now: string; key: string; fieldPath?: string },
  ): Event {
    const metadata = object.metadata ?? {};
    const namespace = metadata.namespace ?? "default";
    return {
      metadata: { name: `${metadata.name ?? "unknown"}.${this.#nextStamp().toString(16)}`, namespace },
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

  /** Nanoseconds since 1970, each greater than the last: lists are sorted by name, which so is the order of events. */
  #nextStamp(): bigint {
    const now = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    this.#lastStamp = now > this.#lastStamp ? now : this.#lastStamp + 1n;
    return this.#lastStamp;
  }

  #remember(key: string, event: Event): void {
    this.#seen.delete(key);
    this.#seen.set(key, event);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}
