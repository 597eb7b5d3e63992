/** What the node agent knows of a pod beyond its spec, kept on disk so that the pod outlives the agent and an absent API server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, Pod } from "kubernetes-types/core/v1";

export interface Ending {
  readonly code: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message?: string;
  readonly finishedAt: string;
}

/** One run of a container. */
export interface Instance {
  readonly id: string;
  readonly startedAt: string;
  readonly image: string;
  readonly imageId: string;
  /** As the pod's specification named it then; absent where an earlier agent wrote the record. */
  readonly specImage?: string;
  readonly ending?: Ending;
}

export interface ContainerRecord {
  readonly restarts: number;
  readonly current?: Instance;
  readonly last?: Instance;
  /** Why there is no instance yet, or none again. */
  readonly waiting?: { readonly reason: string; readonly message?: string };
  /** How long the next restart will be put off after an exit; doubles. */
  readonly backoffMs: number;
  readonly retryAtMs: number;
  /** Ended because its specification has changed: it runs again, whatever the pod's policy says of ends. */
  readonly isReplaced?: true;
}

export interface PodRecord {
  readonly pod: Pod;
  readonly startTime: string;
  readonly ip?: string;
  readonly containers: Readonly<Record<string, ContainerRecord>>;
  /** Set when the pod ended as a whole, whatever its containers say. */
  readonly final?: { readonly phase: "Failed"; readonly reason: string; readonly message: string };
}

const NEW_CONTAINER: ContainerRecord = { restarts: 0, backoffMs: 0, retryAtMs: 0 };

// Kubernetes: pkg/kubelet/kubelet.go (backOffPeriod, MaxContainerBackOff)
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 300_000;

export function newRecord(pod: Pod, now: string): PodRecord {
  return { pod, startTime: now, containers: {} };
}

export function containerOf(record: PodRecord, name: string): ContainerRecord {
  return record.containers[name] ?? NEW_CONTAINER;
}

/** Id of the container that an ephemeral one is to look into, while it runs. */
export function targetOf({ pod, containers }: PodRecord, name: string): string | undefined {
  const target = pod.spec?.ephemeralContainers?.find((container) => container.name === name)?.targetContainerName;
  const current = target === undefined ? undefined : containers[target]?.current;
  return current?.ending === undefined ? current?.id : undefined;
}

export function withContainer(record: PodRecord, name: string, container: ContainerRecord): PodRecord {
  return { ...record, containers: { ...record.containers, [name]: container } };
}

/** The container after it has been started once more. */
export function started(container: ContainerRecord, instance: Instance): ContainerRecord {
  const isRestart = container.current !== undefined;
  const backoffMs = isRestart ? Math.min(BACKOFF_MAX_MS, container.backoffMs * 2 || BACKOFF_BASE_MS) : 0;
  return {
    restarts: container.restarts + (isRestart ? 1 : 0),
    current: instance,
    ...(isRestart && { last: container.current }),
    backoffMs,
    retryAtMs: 0,
  };
}

/** The container after its run has ended. A run that lasted twice the longest back-off starts the back-off afresh. */
export function ended(container: ContainerRecord, ending: Ending): ContainerRecord {
  if (container.current === undefined) return container;
  const finishedMs = Date.parse(ending.finishedAt);
  const ranMs = finishedMs - Date.parse(container.current.startedAt);
  const backoffMs = ranMs > 2 * BACKOFF_MAX_MS ? 0 : container.backoffMs;
  return { ...container, current: { ...container.current, ending }, backoffMs, retryAtMs: finishedMs + backoffMs };
}

/** Whether it runs, or ran last, another image than the specification says now. */
export function isOutdated({ image }: Container, { current }: ContainerRecord): boolean {
  return current?.specImage !== undefined && current.specImage !== image;
}

/** The ended container whose next run is that of a changed specification: no back-off holds it. */
export function replaced(container: ContainerRecord): ContainerRecord {
  return { ...container, isReplaced: true, backoffMs: 0, retryAtMs: 0 };
}

/** The container after an attempt that created but could not run it: that counts as a run, as with real runtimes. */
export function failed(
  container: ContainerRecord,
  why: { image: string; message: string },
  now: string,
): ContainerRecord {
  const instance = { id: `failed-${now}`, startedAt: "1970-01-01T00:00:00Z", image: why.image, imageId: "" };
  const { backoffMs, ...rest } = started(container, instance);
  const ending: Ending = { code: 128, reason: "StartError", message: why.message, finishedAt: now };
  return { ...rest, current: { ...instance, ending }, backoffMs, retryAtMs: Date.parse(now) + backoffMs };
}

/** The container after an attempt that did not even create it. */
export function refused(
  container: ContainerRecord,
  waiting: { reason: string; message: string },
  nowMs: number,
): ContainerRecord {
  const isImage = ["ErrImagePull", "InvalidImageName", "ErrImageNeverPull"].includes(waiting.reason);
  const backoffMs = isImage
    ? Math.min(BACKOFF_MAX_MS, container.backoffMs * 2 || BACKOFF_BASE_MS)
    : container.backoffMs;
  return { ...container, waiting, backoffMs, retryAtMs: nowMs + (isImage ? backoffMs : CONFIG_RETRY_MS) };
}

// A missing ConfigMap is looked for again soon; its watch usually wakes us earlier.
const CONFIG_RETRY_MS = 2_000;

export function isRunning(container: ContainerRecord): boolean {
  return container.current !== undefined && container.current.ending === undefined;
}

export function saveRecord(directory: string, record: PodRecord): void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "record.json");
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/** All pods recorded below `directory`, one folder per uid. */
export function loadRecords(directory: string): PodRecord[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((uid) => {
    const path = join(directory, uid, "record.json");
    return existsSync(path) ? [withoutBackOff(JSON.parse(readFileSync(path, "utf8")) as PodRecord)] : [];
  });
}

/** The kubelet's back-off lives in its memory: a new one starts what has ended at once. */
function withoutBackOff(record: PodRecord): PodRecord {
  const containers = Object.entries(record.containers).map(
    ([name, container]) => [name, { ...container, backoffMs: 0, retryAtMs: 0 }] as const,
  );
  return { ...record, containers: Object.fromEntries(containers) };
}
