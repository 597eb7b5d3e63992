/** Indexes of the pods of an Indexed Job. Kubernetes: pkg/controller/job/indexed_job_utils.go */
import type { Job } from "kubernetes-types/batch/v1";
import type { Container, Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import { podFromTemplate } from "../pods.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";
const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";
const ENVIRONMENT = "JOB_COMPLETION_INDEX";
// Kubernetes: names.MaxGeneratedNameLength, the longest prefix of a generated name
const MOST_CHARACTERS = 58;

export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

/** `0-2,4` for 0, 1, 2 and 4. */
export function formatIndexes(indexes: Iterable<number>): string {
  const runs: [first: number, last: number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && index <= run[1] + 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) => intervalText(first, last)).join(",");
}

/** Two neighbours are written as such: `0,1`, not `0-1`. */
function intervalText(first: number, last: number): string {
  if (first === last) return String(first);
  return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
}

/** Those below `completions`; what is no index is none. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",")) {
    const [first, last = first] = part.split("-").map(Number);
    if (part === "" || first === undefined || last === undefined) continue;
    for (let index = first; index <= last && index < completions; index++) indexes.add(index);
  }
  return indexes;
}

/** undefined of a pod that has none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata?.annotations?.[INDEX];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** How often the index had failed before this pod was made. */
export function failuresBefore({ metadata }: Pod): IndexFailures {
  const { [FAILURES]: counted, [IGNORED_FAILURES]: ignored } = metadata?.annotations ?? {};
  return { counted: Number(counted ?? 0), ignored: Number(ignored ?? 0) };
}

export function indexedPod(job: Job, index: number, failures: IndexFailures | undefined): Pod {
  const name = job.metadata?.name ?? "";
  const suffix = `-${index}-`;
  const pod = podFromTemplate(job, withIndex(job.spec?.template ?? {}, index));
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, MOST_CHARACTERS - suffix.length)}${suffix}`,
      annotations: {
        ...pod.metadata?.annotations,
        ...(failures !== undefined && { [FAILURES]: String(failures.counted) }),
        ...(failures !== undefined && failures.ignored > 0 && { [IGNORED_FAILURES]: String(failures.ignored) }),
      },
    },
    spec: { containers: [], ...pod.spec, hostname: `${name}-${index}` },
  };
}

function withIndex({ metadata, spec }: PodTemplateSpec, index: number): PodTemplateSpec {
  const own = { [INDEX]: String(index) };
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, ...own },
      annotations: { ...metadata?.annotations, ...own },
    },
    spec: {
      ...spec,
      containers: (spec?.containers ?? []).map(withEnvironment),
      ...(spec?.initContainers !== undefined && { initContainers: spec.initContainers.map(withEnvironment) }),
    },
  };
}

function withEnvironment(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === ENVIRONMENT)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` };
  return { ...container, env: [...env, { name: ENVIRONMENT, valueFrom: { fieldRef } }] };
}
