/** What pod workers share on one node. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Pod, Service } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { hasCode } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { RunProgram } from "../host.ts";
import type { ImageSource } from "../image.ts";
import type { CgroupDriver } from "../runtime/cgroup.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import type { AddressPool } from "../sandbox/address-pool.ts";
import type { HostPorts } from "../sandbox/host-ports.ts";
import type { VolumeDeps } from "../volume/pod-volumes.ts";
import type { StatusWriter } from "./status-writer.ts";

/** Who isolates pods as NetworkPolicies say. */
export interface PodIsolation {
  /** Resolves when a pod may be started that has just been given this address. */
  isolate(ctx: Context, pod: Pod, ip: string): Promise<void>;
  /** The pod of that uid has its address no longer. */
  release(uid: string): void;
}

export interface NodeDeps {
  readonly client: KubeClient;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly run: RunProgram;
  readonly runtime: ContainerRuntime;
  readonly images: ImageSource;
  readonly pool: AddressPool;
  readonly hostPorts: HostPorts;
  /** Absent: every pod is open. */
  readonly isolation?: PodIsolation | undefined;
  readonly volumes: VolumeDeps;
  readonly statuses: StatusWriter;
  readonly cgroups: CgroupDriver;
  /** Of this node agent: `/<lab>/<cluster>/<node>`. */
  readonly cgroupParent: string;
  readonly capabilities: ReadonlySet<string>;
  /** One folder per pod below it, named by uid. */
  readonly podsDirectory: string;
  readonly logsDirectory: string;
  readonly node: {
    readonly name: string;
    readonly address: string;
    readonly bridge: string;
    readonly podCidr: string;
    readonly resources: Readonly<Record<string, string>>;
  };
  readonly dns: { readonly address: string; readonly domain: string };
  /** Those whose variables a pod of the namespace gets; undefined until Services have been listed once. */
  readonly listServices: (namespace: string) => Service[] | undefined;
  /** Whether a pod of this node has used the image before. */
  readonly usedImages: Set<string>;
}

/** `namespace_name_uid`: the folder of a pod's logs, as under /var/log/pods. */
export function logFolder(pod: Pod): string {
  return `${pod.metadata?.namespace}_${pod.metadata?.name}_${pod.metadata?.uid}`;
}

/** Before anything else of the pod: with namespace and uid its name may be longer than that of a folder can be. */
export function makeLogFolder(directory: string, pod: Pod): void {
  const folder = join(directory, logFolder(pod));
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    if (!hasCode(cause, "ENAMETOOLONG")) throw cause;
    // As Go words it.
    throw new Error(`mkdir ${folder}: file name too long`, { cause });
  }
}
