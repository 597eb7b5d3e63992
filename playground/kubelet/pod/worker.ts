/**
 * Brings one pod to the state its spec asks for, and ends it. Every event (spec change, exit, probe, timer) only wakes the worker;
 * what to do is decided anew from what is there. Kubernetes: pkg/kubelet/pod_workers.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod)
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { pods } from "#machinery/builtin.ts";
import { isConflict } from "#machinery/status-error.ts";
import { backOffOf } from "../container/back-off.ts";
import { Exits } from "../container/exits.ts";
import { pullImage } from "../container/pull.ts";
import { podCgroup, StartError, startContainer } from "../container/start-container.ts";
import { runHook, stopContainer } from "../container/stop-container.ts";
import { PodProbes } from "../probe/probes.ts";
import { removeCgroup } from "../runtime/cgroup.ts";
import { execToEnd } from "../runtime/exec.ts";
import { removeSandbox } from "../sandbox/sandbox.ts";
import { VolumeNotReady } from "../volume/payload.ts";
import { logFolder, makeLogFolder, type NodeDeps } from "./deps.ts";
import { PodEvents } from "./events.ts";
import { deadlineOf, isSidecar, type Plan, planPod } from "./plan.ts";
import { PodEnvironment } from "./pod-environment.ts";
import {
  type ContainerRecord,
  containerOf,
  failed,
  isRunning,
  newRecord,
  type PodRecord,
  refused,
  saveRecord,
  started,
  targetOf,
  withContainer,
} from "./record.ts";
import { podStatus } from "./status.ts";

// For what inotify can't tell: a conmon that was killed.
const RESYNC_MS = 10_000;
const RETRY_MS = 1_000;
const UNLIMITED_MS = 86_400_000;

export class PodWorker {
  readonly uid: string;
  /** Resolves when nothing of the pod is left on this node. */
  readonly finished: Promise<void>;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #deps: NodeDeps;
  readonly #events: PodEvents;
  readonly #probes: PodProbes;
  readonly #environment: PodEnvironment;
  readonly #stopping = new Map<string, Promise<void>>();
  readonly #exits: Exits;
  #pod: Pod;
  #record: PodRecord;
  #isRemoved = false;
  #isDeleteSent = false;
  #killAtMs = Number.POSITIVE_INFINITY;
  #isDone = false;
  #wake: () => void = () => undefined;
  #isWoken = true;

  constructor(ctx: Context, deps: NodeDeps, pod: Pod, record?: PodRecord) {
    const { ctx: own, cancel } = withCancel(ctx);
    const log = ctx.log.with({ pod: `${pod.metadata?.namespace}/${pod.metadata?.name}` });
    this.uid = pod.metadata?.uid ?? "";
    this.#ctx = { ...own, log };
    this.#cancel = cancel;
    this.#deps = deps;
    this.#pod = pod;
    this.#record = record ?? newRecord(pod, now());
    this.#events = new PodEvents(this.#ctx, deps.recorder, () => this.#pod);
    this.#probes = new PodProbes(this.#ctx, {
      onChange: () => this.wake(),
      onFailure: (container, kind, why) =>
        this.#events.warn("Unhealthy", `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${why}`, container),
    });
    this.#exits = new Exits(deps);
    this.#environment = new PodEnvironment(deps, pod, () => this.wake());
    this.finished = this.#run();
  }

  get pod(): Pod {
    return this.#pod;
  }

  get record(): PodRecord {
    return this.#record;
  }

  update(pod: Pod): void {
    this.#environment.follow(this.#pod, pod);
    this.#pod = pod;
    this.wake();
  }

  /** The pod is no longer in the API: end it and forget it. */
  remove(): void {
    this.#isRemoved = true;
    this.wake();
  }

  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** The container's name when the id is one of this pod's. */
  ownerOf(id: string): string | undefined {
    return Object.entries(this.#record.containers).find(([, state]) => state.current?.id === id)?.[0];
  }

  async #run(): Promise<void> {
    while (!this.#ctx.signal.aborted && !this.#isDone) {
      this.#isWoken = false;
      const wakeAtMs = await this.#attempt();
      if (!this.#isWoken && !this.#isDone) await this.#pause(Math.min(RESYNC_MS, Math.max(0, wakeAtMs - Date.now())));
    }
    this.#probes[Symbol.dispose]();
    this.#cancel();
  }

  async #pause(ms: number): Promise<void> {
    const { ctx, cancel } = withCancel(this.#ctx);
    this.#wake = cancel;
    await sleep(ctx, ms);
    this.#wake = () => undefined;
  }

  async #attempt(): Promise<number> {
    try {
      const wakeAtMs = await this.#sync();
      if (!this.#isDone) this.#report();
      return wakeAtMs;
    } catch (error) {
      if (this.#ctx.signal.aborted) return 0;
      if (error instanceof VolumeNotReady) this.#events.warn("FailedMount", error.message);
      else {
        this.#ctx.log.warn("pod sync failed", { error: messageOf(error) });
        if (this.#environment.sandbox === undefined)
          this.#events.warn("FailedCreatePodSandBox", `Failed to create pod sandbox: ${messageOf(error)}`);
      }
      this.#report();
      return Date.now() + RETRY_MS;
    }
  }

  async #sync(): Promise<number> {
    this.#collectEnded();
    this.#probeRunning();
    if (this.#isRemoved || this.#pod.metadata?.deletionTimestamp !== undefined) return this.#terminate();
    this.#checkDeadline();
    const plan = this.#plan();
    if (plan.isOver || this.#record.final !== undefined) return this.#finish();
    for (const container of plan.backingOff) this.#backOff(container);
    for (const { container, message } of plan.stop) this.#stop(container, message);
    if (plan.start.length > 0) {
      await this.#prepare();
      await Promise.all(
        plan.start.filter((c) => !this.#stopping.has(c.name)).map((container) => this.#start(container)),
      );
      // A sidecar that runs lets the next container start at once.
      if (plan.start.some((container) => isRunning(containerOf(this.#record, container.name)))) this.#isWoken = true;
      const states = plan.start.map((container) => containerOf(this.#record, container.name));
      return Math.min(plan.wakeAtMs, ...states.filter((state) => !isRunning(state)).map((state) => state.retryAtMs));
    }
    const refreshAtMs = await this.#environment.refreshIfDue(this.#ctx, this.#pod);
    return Math.min(plan.wakeAtMs, refreshAtMs);
  }

  #plan(): Plan {
    return planPod({
      pod: this.#pod,
      record: this.#record,
      nowMs: Date.now(),
      isStarted: (name) => this.#probes.isStarted(name),
      isUnhealthy: (name) => this.#probes.isUnhealthy(name),
    });
  }

  async #prepare(): Promise<void> {
    makeLogFolder(this.#deps.logsDirectory, this.#pod);
    const sandbox = await this.#environment.prepare(this.#ctx, this.#pod);
    if (this.#record.ip === sandbox.ip) return;
    this.#save({ ...this.#record, ip: sandbox.ip });
    this.#report();
  }

  async #start(container: Container): Promise<void> {
    const before = containerOf(this.#record, container.name);
    const pulled = pullImage(this.#deps, this.#events, container);
    const sandbox = this.#environment.sandbox;
    if ("refused" in pulled) this.#set(container, refused(before, pulled.refused, Date.now()));
    if ("refused" in pulled || sandbox === undefined) return;
    const restarts = before.current === undefined ? before.restarts : before.restarts + 1;
    const input = {
      pod: this.#pod,
      container,
      image: pulled.image,
      sandbox,
      volumes: this.#environment.volumes,
      restarts,
      targetId: targetOf({ ...this.#record, pod: this.#pod }, container.name),
    };
    try {
      const instance = await startContainer(this.#ctx, this.#deps, input);
      this.#set(container, started(before, instance));
      this.#events.normal("Created", `Container created`, container);
      this.#events.normal("Started", `Container started`, container);
      await this.#postStart(container, instance.id);
      this.#probeRunning();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#events.warn("Failed", `Error: ${error.message}`, container);
      this.#refuse(container, before, error);
    }
  }

  #refuse(container: Container, before: ContainerRecord, { reason, message }: StartError): void {
    const isRun = reason === "RunContainerError";
    const image = container.image ?? "";
    this.#set(
      container,
      isRun ? failed(before, { image, message }, now()) : refused(before, { reason, message }, Date.now()),
    );
  }

  async #postStart(container: Container, id: string): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return;
    const target = { runtime: this.#deps.runtime, id, container, podIp: this.#record.ip ?? "" };
    const failure = await runHook(this.#ctx, target, hook, UNLIMITED_MS);
    if (failure === undefined) return;
    this.#events.warn("FailedPostStartHook", `PostStartHook failed: ${failure}`, container);
    this.#stop(container, "FailedPostStartHook");
  }

  #backOff(container: Container): void {
    const state = containerOf(this.#record, container.name);
    const backOff = backOffOf(this.#pod, container, state);
    if (backOff === undefined) return;
    const { type, message } = backOff.event;
    if (type === "Warning") this.#events.warn("BackOff", message, container);
    else {
      this.#events.normal("BackOff", message, container);
      this.#events.warn("Failed", `Error: ${backOff.waiting.reason}`, container);
    }
    this.#set(container, { ...state, waiting: backOff.waiting });
  }

  #stop(container: Container, message: string): void {
    const id = containerOf(this.#record, container.name).current?.id;
    if (id === undefined || this.#stopping.has(container.name)) return;
    this.#events.normal("Killing", message, container);
    this.#probes.pause(container.name);
    const found = this.#deps.images.lookup(container.image ?? "");
    const ownDeadlineMs = Date.now() + (this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
    const target = {
      runtime: this.#deps.runtime,
      id,
      container,
      podIp: this.#record.ip ?? "",
      signal: found.found ? found.image.stopSignal : "SIGTERM",
      deadlineMs: () => Math.min(ownDeadlineMs, this.#killAtMs),
    };
    const work = stopContainer(this.#ctx, target)
      .catch((error: unknown) =>
        this.#ctx.log.warn("container not stopped", { container: container.name, error: messageOf(error) }),
      )
      .finally(() => {
        this.#stopping.delete(container.name);
        this.wake();
      });
    this.#stopping.set(container.name, work);
  }

  /** Main containers first, then sidecars one by one from the last: they may serve the others until the end. */
  #stopNext(): boolean {
    const isUp = (container: Container): boolean => isRunning(containerOf(this.#record, container.name));
    const inits = this.#pod.spec?.initContainers ?? [];
    const { containers = [], ephemeralContainers = [] } = this.#pod.spec ?? {};
    const mains = [...containers, ...ephemeralContainers, ...inits.filter((c) => !isSidecar(c))].filter(isUp);
    const sidecar = inits.filter(isSidecar).findLast(isUp);
    const next = mains.length > 0 || sidecar === undefined ? mains : [sidecar];
    for (const container of next) this.#stop(container, `Stopping container ${container.name}`);
    return next.length === 0;
  }

  /** The pod has run to its end and stays in the API: its sandbox goes, its logs stay. */
  async #finish(): Promise<number> {
    if (this.#stopNext()) await this.#release();
    return Number.POSITIVE_INFINITY;
  }

  async #release(): Promise<void> {
    await this.#environment.release(this.#ctx);
    removeCgroup(this.#deps.cgroups, podCgroup(this.#deps.cgroupParent, this.#pod));
  }

  async #terminate(): Promise<number> {
    const { deletionGracePeriodSeconds, name = "", namespace = "" } = this.#pod.metadata ?? {};
    const graceSeconds = deletionGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30;
    this.#killAtMs = Math.min(this.#killAtMs, Date.now() + graceSeconds * 1000);
    if (!this.#stopNext()) return Number.POSITIVE_INFINITY;
    if (!this.#isRemoved && !this.#isDeleteSent) {
      this.#report();
      await this.#deps.statuses.flushed(this.uid);
    }
    await this.#release();
    if (this.#isRemoved) {
      await this.#forget();
      return 0;
    }
    if (!this.#isDeleteSent) {
      await this.#delete({ name, namespace });
      this.#isDeleteSent = true;
    }
    return Number.POSITIVE_INFINITY;
  }

  async #delete(key: { name: string; namespace: string }): Promise<void> {
    try {
      await this.#deps.client.deleteIfPresent(this.#ctx, pods, key, { gracePeriodSeconds: 0, uid: this.uid });
    } catch (error) {
      // Another pod of that name: ours is gone already.
      if (!isConflict(error)) throw error;
    }
  }

  async #forget(): Promise<void> {
    this.#environment.forget();
    this.#deps.statuses.forget(this.uid);
    rmSync(join(this.#deps.logsDirectory, logFolder(this.#pod)), { recursive: true, force: true });
    const directory = join(this.#deps.podsDirectory, this.uid);
    await removeSandbox(this.#ctx, this.#deps.pool, join(directory, "sandbox"), this.uid);
    rmSync(directory, { recursive: true, force: true });
    this.#isDone = true;
  }

  #checkDeadline(): void {
    const deadlineMs = deadlineOf({ pod: this.#pod, record: this.#record });
    if (deadlineMs === undefined || deadlineMs > Date.now() || this.#record.final !== undefined) return;
    const message = "Pod was active on the node longer than the specified deadline";
    this.#events.normal("DeadlineExceeded", message);
    this.#save({ ...this.#record, final: { phase: "Failed", reason: "DeadlineExceeded", message } });
  }

  #collectEnded(): void {
    for (const { container, id, state } of this.#exits.collect(this.#pod, this.#record, now())) {
      this.#set(container, state);
      this.#probes.stop(container.name);
      this.#deps.runtime
        .remove(id)
        .catch((error: unknown) => this.#ctx.log.debug("container not removed", { id, error: messageOf(error) }));
    }
  }

  #probeRunning(): void {
    for (const container of [...(this.#pod.spec?.initContainers ?? []), ...(this.#pod.spec?.containers ?? [])]) {
      const { current } = containerOf(this.#record, container.name);
      if (current === undefined || current.ending !== undefined || this.#stopping.has(container.name)) continue;
      this.#probes.start(current.id, Date.parse(current.startedAt), {
        container,
        podIp: this.#record.ip ?? "",
        exec: (command, timeoutMs) => execToEnd(this.#deps.runtime, current.id, command, timeoutMs),
      });
    }
  }

  #report(): void {
    const status = podStatus({
      pod: this.#pod,
      record: this.#record,
      hostIp: this.#deps.node.address,
      now: now(),
      nowMs: Date.now(),
      hasSandbox: this.#environment.sandbox !== undefined,
      isStarted: (name) => this.#probes.isStarted(name),
      isReady: (name) => this.#probes.isReady(name),
    });
    this.#deps.statuses.set(this.#pod, status);
  }

  #set(container: Container, state: ContainerRecord): void {
    this.#save(withContainer(this.#record, container.name, state));
  }

  #save(record: PodRecord): void {
    this.#record = { ...record, pod: this.#pod };
    saveRecord(join(this.#deps.podsDirectory, this.uid), this.#record);
  }
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
