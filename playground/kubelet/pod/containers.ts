/** The containers of one pod: starts them, watches over them by probes, ends them, and writes down how they end. */
import type { Container } from "kubernetes-types/core/v1";
import { Alarm } from "#base/alarm.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { timestamp } from "#machinery/conditions.ts";
import { backOffOf } from "../container/back-off.ts";
import { Exits } from "../container/exits.ts";
import { runHook } from "../container/hook.ts";
import { ImagePulls } from "../container/image-pulls.ts";
import { StartError, startContainer } from "../container/start-container.ts";
import { stopContainer } from "../container/stop-container.ts";
import { PodProbes } from "../probe/probes.ts";
import { execToEnd } from "../runtime/exec.ts";
import type { NodeDeps } from "./deps.ts";
import type { PodEvents } from "./events.ts";
import type { PodEnvironment } from "./pod-environment.ts";
import { type ContainerRecord, failed, refused, started, targetOf } from "./record.ts";
import type { RecordKeeper } from "./record-keeper.ts";

export interface ContainersOptions {
  readonly deps: NodeDeps;
  readonly keeper: RecordKeeper;
  readonly events: PodEvents;
  readonly environment: PodEnvironment;
  /** Something is to be decided anew. */
  readonly onChange: () => void;
}

const UNLIMITED_MS = 86_400_000;

export class PodContainers implements Disposable {
  readonly probes: PodProbes;
  readonly #ctx: Context;
  readonly #options: ContainersOptions;
  readonly #exits: Exits;
  readonly #pulls: ImagePulls;
  /** Those that are being ended, by name: what makes them look again. */
  readonly #stopping = new Map<string, Alarm>();
  #killAtMs = Number.POSITIVE_INFINITY;

  constructor(ctx: Context, options: ContainersOptions) {
    const { deps, events, onChange } = options;
    this.#ctx = ctx;
    this.#options = options;
    this.#exits = new Exits(deps);
    this.#pulls = new ImagePulls(ctx, { deps, events, pod: () => options.keeper.pod, onChange });
    this.probes = new PodProbes(ctx, deps.clock, {
      onChange,
      onFailure: (container, kind, why) =>
        events.warn("Unhealthy", `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${why}`, container),
    });
  }

  [Symbol.dispose](): void {
    this.probes[Symbol.dispose]();
  }

  /** Those that are being stopped look again. */
  wake(): void {
    for (const alarm of this.#stopping.values()) alarm.ring();
  }

  /** Its image is on the way; `onChange` tells when it is here. */
  isPulling({ name }: Container): boolean {
    return this.#pulls.isPulling(name);
  }

  /** SIGKILL is due by then for all of them, if it is not due before; what is being pulled is for nobody any more. */
  killBy(graceMs: number): void {
    this.#pulls.cancel();
    this.#killAtMs = Math.min(this.#killAtMs, this.#options.deps.clock.nowMs() + graceMs);
    this.wake();
  }

  collectEnded(): void {
    const { deps, keeper } = this.#options;
    for (const { container, id, state } of this.#exits.collect(keeper.pod, keeper.record)) {
      keeper.set(container, state);
      this.probes.stop(container.name);
      deps.runtime
        .remove(id)
        .catch((error: unknown) => this.#ctx.log.debug("container not removed", { id, error: messageOf(error) }));
    }
  }

  probeRunning(): void {
    const { deps, keeper } = this.#options;
    const { initContainers = [], containers = [] } = keeper.pod.spec ?? {};
    for (const container of [...initContainers, ...containers]) {
      const { current } = keeper.of(container);
      if (current === undefined || current.ending !== undefined || this.#stopping.has(container.name)) continue;
      this.probes.start(current.id, Date.parse(current.startedAt), {
        container,
        podIp: keeper.record.ip ?? "",
        exec: (command, timeoutMs) => execToEnd(deps, current.id, command, timeoutMs),
      });
    }
  }

  /** Those that are still being stopped begin later. */
  async start(containers: readonly Container[]): Promise<void> {
    const ready = containers.filter(({ name }) => !this.#stopping.has(name) && !this.#pulls.isPulling(name));
    await Promise.all(ready.map((each) => this.#start(each)));
  }

  async #start(container: Container): Promise<void> {
    const { deps, keeper, events, environment } = this.#options;
    const before = keeper.of(container);
    const pulled = this.#pulls.take(container);
    if (pulled === undefined) return;
    const { sandbox, volumes } = environment;
    if ("refused" in pulled) keeper.set(container, refused(before, pulled.refused, deps.clock.epochMs()));
    if ("refused" in pulled || sandbox === undefined) return;
    const { pod, record } = keeper;
    const restarts = before.current === undefined ? before.restarts : before.restarts + 1;
    const targetId = targetOf({ ...record, pod }, container.name);
    const input = { pod, container, image: pulled.image, sandbox, volumes, restarts, targetId };
    try {
      const instance = await startContainer(this.#ctx, deps, input);
      keeper.set(container, started(before, instance));
      events.normal("Created", `Container created`, container);
      events.normal("Started", `Container started`, container);
      await this.#postStart(container, instance.id);
      this.probeRunning();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      events.warn("Failed", `Error: ${error.message}`, container);
      this.#refuse(container, before, error);
    }
  }

  #refuse(container: Container, before: ContainerRecord, { reason, message }: StartError): void {
    const nowMs = this.#options.deps.clock.epochMs();
    const state =
      reason === "RunContainerError"
        ? failed(before, { image: container.image ?? "", message }, timestamp(nowMs))
        : refused(before, { reason, message }, nowMs);
    this.#options.keeper.set(container, state);
  }

  async #postStart(container: Container, id: string): Promise<void> {
    const { deps, keeper, events } = this.#options;
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return;
    const target = { runtime: deps.runtime, clock: deps.clock, id, container, podIp: keeper.record.ip ?? "" };
    const failure = await runHook(this.#ctx, target, hook, UNLIMITED_MS);
    if (failure === undefined) return;
    events.warn("FailedPostStartHook", `PostStartHook failed: ${failure}`, container);
    this.stop(container, "FailedPostStartHook");
  }

  /** Says that its next start is put off. */
  backOff(container: Container): void {
    const { keeper, events } = this.#options;
    const state = keeper.of(container);
    const backOff = backOffOf(keeper.pod, container, state);
    if (backOff === undefined) return;
    const { type, message } = backOff.event;
    if (type === "Warning") events.warn("BackOff", message, container);
    else {
      events.normal("BackOff", message, container);
      events.warn("Failed", `Error: ${backOff.waiting.reason}`, container);
    }
    keeper.set(container, { ...state, waiting: backOff.waiting });
  }

  /** Begins to end it, within the pod's grace period. */
  stop(container: Container, message: string): void {
    const { deps, keeper, events, onChange } = this.#options;
    const id = keeper.of(container).current?.id;
    if (id === undefined || this.#stopping.has(container.name)) return;
    events.normal("Killing", message, container);
    this.probes.pause(container.name);
    const found = deps.images.lookup(container.image ?? "");
    const ownDeadlineMs = deps.clock.nowMs() + (keeper.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
    const alarm = new Alarm(deps.clock);
    this.#stopping.set(container.name, alarm);
    void stopContainer(this.#ctx, {
      runtime: deps.runtime,
      clock: deps.clock,
      id,
      container,
      podIp: keeper.record.ip ?? "",
      signal: found.found ? found.image.stopSignal : "SIGTERM",
      deadlineMs: () => Math.min(ownDeadlineMs, this.#killAtMs),
      alarm,
    })
      .catch((error: unknown) =>
        this.#ctx.log.warn("container not stopped", { container: container.name, error: messageOf(error) }),
      )
      .finally(() => {
        this.#stopping.delete(container.name);
        onChange();
      });
  }
}
