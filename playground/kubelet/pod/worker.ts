/**
 * Brings one pod to the state its spec asks for, and ends it. Every event (spec change, exit, probe, timer) only wakes the worker;
 * what to do is decided anew from what is there. Kubernetes: pkg/kubelet/pod_workers.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod)
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import { Alarm } from "#base/alarm.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { pods } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { isConflict } from "#machinery/status-error.ts";
import { podCgroup } from "../container/start-container.ts";
import { removeCgroup } from "../runtime/cgroup.ts";
import { removeSandbox } from "../sandbox/sandbox.ts";
import { VolumeNotReady } from "../volume/payload.ts";
import { PodContainers } from "./containers.ts";
import { logFolder, makeLogFolder, type NodeDeps } from "./deps.ts";
import { PodEvents } from "./events.ts";
import { deadlineOf, nextToStop, type Plan, planPod } from "./plan.ts";
import { PodEnvironment } from "./pod-environment.ts";
import { isRunning, newRecord, type PodRecord } from "./record.ts";
import { RecordKeeper } from "./record-keeper.ts";
import { podStatus } from "./status.ts";

// For what inotify can't tell: a conmon that was killed.
const RESYNC_MS = 10_000;
const RETRY_MS = 1_000;

export class PodWorker {
  readonly uid: string;
  /** Resolves when nothing of the pod is left on this node. */
  readonly finished: Promise<void>;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #deps: NodeDeps;
  readonly #alarm: Alarm;
  readonly #keeper: RecordKeeper;
  readonly #events: PodEvents;
  readonly #environment: PodEnvironment;
  readonly #containers: PodContainers;
  #isRemoved = false;
  #isDeleteSent = false;
  #isDone = false;

  constructor(ctx: Context, deps: NodeDeps, pod: Pod, record?: PodRecord) {
    const { ctx: own, cancel } = withCancel(ctx);
    const log = ctx.log.with({ pod: `${pod.metadata?.namespace}/${pod.metadata?.name}` });
    this.uid = pod.metadata?.uid ?? "";
    this.#ctx = { ...own, log };
    this.#cancel = cancel;
    this.#deps = deps;
    this.#alarm = new Alarm(deps.clock);
    const keeper = new RecordKeeper(deps.podsDirectory, pod, record ?? newRecord(pod, this.#now()));
    this.#keeper = keeper;
    this.#events = new PodEvents(this.#ctx, deps.recorder, () => keeper.pod);
    this.#environment = new PodEnvironment(deps, pod, () => this.wake());
    this.#containers = new PodContainers(this.#ctx, {
      ...{ deps, keeper, events: this.#events, environment: this.#environment },
      onChange: () => this.wake(),
    });
    this.finished = this.#run();
  }

  get pod(): Pod {
    return this.#keeper.pod;
  }

  get record(): PodRecord {
    return this.#keeper.record;
  }

  update(pod: Pod): void {
    this.#environment.follow(this.pod, pod);
    this.#keeper.pod = pod;
    this.wake();
  }

  /** The pod is no longer in the API: end it and forget it. */
  remove(): void {
    this.#isRemoved = true;
    this.wake();
  }

  wake(): void {
    this.#containers.wake();
    this.#alarm.ring();
  }

  /** The container's name when the id is one of this pod's. */
  ownerOf(id: string): string | undefined {
    return Object.entries(this.record.containers).find(([, state]) => state.current?.id === id)?.[0];
  }

  async #run(): Promise<void> {
    while (!this.#ctx.signal.aborted && !this.#isDone) {
      this.#alarm.reset();
      const wakeAtMs = await this.#attempt();
      const waitMs = Math.min(RESYNC_MS, Math.max(0, wakeAtMs - this.#deps.clock.epochMs()));
      if (!this.#isDone) await this.#alarm.wait(this.#ctx, waitMs);
    }
    this.#containers[Symbol.dispose]();
    this.#cancel();
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
      return this.#deps.clock.epochMs() + RETRY_MS;
    }
  }

  async #sync(): Promise<number> {
    this.#containers.collectEnded();
    this.#containers.probeRunning();
    if (this.#isRemoved || this.pod.metadata?.deletionTimestamp !== undefined) return this.#terminate();
    this.#checkDeadline();
    const plan = this.#plan();
    if (plan.isOver || this.record.final !== undefined) return this.#finish();
    for (const container of plan.backingOff) this.#containers.backOff(container);
    for (const { container, message } of plan.stop) this.#containers.stop(container, message);
    if (plan.start.length > 0) return this.#start(plan);
    const refreshAtMs = await this.#environment.refreshIfDue(this.#ctx, this.pod);
    return Math.min(plan.wakeAtMs, refreshAtMs);
  }

  async #start(plan: Plan): Promise<number> {
    await this.#prepare();
    await this.#containers.start(plan.start);
    const tried = plan.start.filter((container) => !this.#containers.isPulling(container));
    const states = tried.map((container) => this.#keeper.of(container));
    // A sidecar that runs lets the next container start at once.
    if (states.some(isRunning)) this.#alarm.ring();
    return Math.min(plan.wakeAtMs, ...states.filter((state) => !isRunning(state)).map((state) => state.retryAtMs));
  }

  #plan(): Plan {
    const { probes } = this.#containers;
    return planPod({
      pod: this.pod,
      record: this.record,
      nowMs: this.#deps.clock.epochMs(),
      isStarted: (name) => probes.isStarted(name),
      isUnhealthy: (name) => probes.isUnhealthy(name),
    });
  }

  async #prepare(): Promise<void> {
    makeLogFolder(this.#deps.logsDirectory, this.pod);
    const { ip } = await this.#environment.prepare(this.#ctx, this.pod);
    if (this.record.ip === ip) return;
    this.#keeper.change({ ip });
    this.#report();
  }

  /** False while something runs. */
  #isStopped(): boolean {
    const next = nextToStop(this.pod, this.record);
    for (const container of next) this.#containers.stop(container, `Stopping container ${container.name}`);
    return next.length === 0;
  }

  /** The pod has run to its end and stays in the API: its sandbox goes, its logs stay. */
  async #finish(): Promise<number> {
    if (this.#isStopped()) await this.#release();
    return Number.POSITIVE_INFINITY;
  }

  async #release(): Promise<void> {
    await this.#environment.release(this.#ctx);
    removeCgroup(this.#deps.cgroups, podCgroup(this.#deps.cgroupParent, this.pod));
  }

  async #terminate(): Promise<number> {
    const graceSeconds =
      this.pod.metadata?.deletionGracePeriodSeconds ?? this.pod.spec?.terminationGracePeriodSeconds ?? 30;
    this.#containers.killBy(graceSeconds * 1000);
    if (!this.#isStopped()) return Number.POSITIVE_INFINITY;
    if (!this.#isRemoved && !this.#isDeleteSent) {
      this.#report();
      await this.#deps.statuses.flushed(this.uid);
    }
    await this.#release();
    if (this.#isRemoved) await this.#forget();
    else if (!this.#isDeleteSent) await this.#delete();
    return Number.POSITIVE_INFINITY;
  }

  async #delete(): Promise<void> {
    const { name = "", namespace = "" } = this.pod.metadata ?? {};
    const options = { gracePeriodSeconds: 0, uid: this.uid };
    try {
      await this.#deps.client.deleteIfPresent(this.#ctx, pods, { name, namespace }, options);
    } catch (error) {
      // Another pod of that name: ours is gone already.
      if (!isConflict(error)) throw error;
    }
    this.#isDeleteSent = true;
  }

  async #forget(): Promise<void> {
    this.#environment.forget();
    this.#deps.statuses.forget(this.uid);
    rmSync(join(this.#deps.logsDirectory, logFolder(this.pod)), { recursive: true, force: true });
    const directory = join(this.#deps.podsDirectory, this.uid);
    await removeSandbox(this.#ctx, this.#deps, join(directory, "sandbox"), this.uid);
    rmSync(directory, { recursive: true, force: true });
    this.#isDone = true;
  }

  #checkDeadline(): void {
    const deadlineMs = deadlineOf({ pod: this.pod, record: this.record });
    if (deadlineMs === undefined || deadlineMs > this.#deps.clock.epochMs() || this.record.final !== undefined) return;
    const message = "Pod was active on the node longer than the specified deadline";
    this.#events.normal("DeadlineExceeded", message);
    this.#keeper.change({ final: { phase: "Failed", reason: "DeadlineExceeded", message } });
  }

  #report(): void {
    const { probes } = this.#containers;
    const nowMs = this.#deps.clock.epochMs();
    const status = podStatus({
      pod: this.pod,
      record: this.record,
      hostIp: this.#deps.node.address,
      now: timestamp(nowMs),
      nowMs,
      hasSandbox: this.#environment.sandbox !== undefined,
      isStarted: (name) => probes.isStarted(name),
      isReady: (name) => probes.isReady(name),
    });
    this.#deps.statuses.set(this.pod, status);
  }

  #now(): string {
    return timestamp(this.#deps.clock.epochMs());
  }
}
