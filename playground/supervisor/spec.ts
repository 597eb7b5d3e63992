/** What a playground should consist of: written by the CLI, followed by the supervisor. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseCidr } from "#base/cidr.ts";
import { hasCode } from "#base/errors.ts";
import { dns1123Label } from "#machinery/names.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";

export interface ClusterSpec {
  readonly name: string;
  readonly workers: number;
  /** Capacity that each worker shows, as quantities. */
  readonly cpu: string;
  readonly memory: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly loadBalancer: boolean;
  /** Keep an audit log of the API server. */
  readonly auditLog: boolean;
  /** A stopped cluster keeps its state and runs nothing. */
  readonly stopped: boolean;
}

export interface PlaygroundSpec {
  readonly clusters: readonly ClusterSpec[];
}

export const DEFAULT_CLUSTER: Omit<ClusterSpec, "name"> = {
  workers: 2,
  cpu: "4",
  memory: "8Gi",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  loadBalancer: true,
  auditLog: false,
  stopped: false,
};

const MAX_WORKERS = 20;
const NAME_LENGTH = 15;

/** What is wrong with a cluster's settings, as messages for the person who typed them. */
export function problemsOf(spec: ClusterSpec): string[] {
  const problems = dns1123Label(spec.name).map((problem) => `cluster name "${spec.name}": ${problem}`);
  if (spec.name.length > NAME_LENGTH)
    problems.push(`cluster name "${spec.name}": must be no more than ${NAME_LENGTH} characters`);
  if (!Number.isInteger(spec.workers) || spec.workers < 1 || spec.workers > MAX_WORKERS) {
    problems.push(`--workers ${spec.workers}: must be a whole number from 1 to ${MAX_WORKERS}`);
  }
  for (const flag of ["cpu", "memory"] as const) {
    const milli = parseQuantityMilli(spec[flag]);
    if (milli === undefined || milli <= 0n)
      problems.push(`--${flag} ${spec[flag]}: must be a quantity such as ${DEFAULT_CLUSTER[flag]}`);
  }
  const pod = parseCidr(spec.podCidr);
  if (pod === undefined || pod.prefix > 20)
    problems.push(`--pod-cidr ${spec.podCidr}: must be an IPv4 CIDR of /20 or larger such as 10.244.0.0/16`);
  const service = parseCidr(spec.serviceCidr);
  if (service === undefined || service.prefix > 24) {
    problems.push(`--service-cidr ${spec.serviceCidr}: must be an IPv4 CIDR of /24 or larger such as 10.96.0.0/16`);
  }
  return problems;
}

/** The present specification; no clusters when there is none yet. */
export function readSpec(path: string): PlaygroundSpec {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as PlaygroundSpec;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return { clusters: [] };
    throw new Error(`read ${path}: not a playground specification`, { cause: error });
  }
}

export function writeSpec(path: string, spec: PlaygroundSpec): void {
  writeAtomically(path, `${JSON.stringify(spec, undefined, 2)}\n`, 0o644);
}

/** Readers see the old or the new file, never a part. */
export function writeAtomically(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}
