/** Pods, and which of them are two halves of one. */
import type { ContainerStatus, Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { findCondition } from "#machinery/conditions.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isReady, podRequests } from "#machinery/pod.ts";
import { podReadyText, podStatusText } from "#machinery/pod-columns.ts";
import {
  type Amounts,
  type Health,
  type ItemKey,
  itemKey,
  type NamespaceItem,
  type PodItem,
} from "../../model/items.ts";
import { amountsOf } from "./amounts.ts";
import { trimMetadata } from "./writer.ts";

const TEMPLATE_HASH = "pod-template-hash";
const KEPT = [labels.ORIGIN, labels.DESTINATION, TEMPLATE_HASH];
const KEPT_CONDITIONS = ["Ready", "PodScheduled"];

/** What is known around a pod. */
export interface PodSurroundings {
  readonly cluster: string;
  /** Of its node, where that is a virtual one. */
  readonly provider: string | undefined;
  /** Of its namespace, where that is a twin. */
  readonly origin: NamespaceItem["origin"];
  /** The provider's namespace for that of this cluster. */
  readonly twinNamespace: string | undefined;
  /** The context by which a cluster is looked at; its id where it is not. */
  readonly contextOf: (clusterId: string) => string;
}

export function trimPod(pod: Pod): Pod {
  const { nodeName, containers = [], initContainers = [], overhead } = pod.spec ?? {};
  const { phase, reason, podIP, conditions, containerStatuses, initContainerStatuses } = pod.status ?? {};
  const kept = conditions?.filter(({ type }) => KEPT_CONDITIONS.includes(type));
  return {
    metadata: trimMetadata(pod, KEPT),
    spec: {
      ...(nodeName !== undefined && { nodeName }),
      containers: containers.map(({ name, resources }) => ({ name, ...(resources !== undefined && { resources }) })),
      ...(initContainers.length > 0 && {
        initContainers: initContainers.map(({ name, resources, restartPolicy }) => ({
          name,
          ...(resources !== undefined && { resources }),
          ...(restartPolicy !== undefined && { restartPolicy }),
        })),
      }),
      ...(overhead !== undefined && { overhead }),
    },
    status: {
      ...(phase !== undefined && { phase }),
      ...(reason !== undefined && { reason }),
      ...(podIP !== undefined && { podIP }),
      ...(kept !== undefined && {
        conditions: kept.map(({ type, status, reason: why }) => ({
          ...{ type, status },
          ...(why !== undefined && { reason: why }),
        })),
      }),
      ...(containerStatuses !== undefined && { containerStatuses: containerStatuses.map(trimStatus) }),
      ...(initContainerStatuses !== undefined && { initContainerStatuses: initContainerStatuses.map(trimStatus) }),
    },
  };
}

function trimStatus({ name, ready, restartCount, started, state }: ContainerStatus): ContainerStatus {
  const { waiting, running, terminated } = state ?? {};
  const ended = terminated && {
    exitCode: terminated.exitCode,
    ...(terminated.reason !== undefined && { reason: terminated.reason }),
    ...(terminated.signal !== undefined && { signal: terminated.signal }),
  };
  return {
    ...{ name, ready, restartCount, image: "", imageID: "" },
    ...(started !== undefined && { started }),
    state: {
      ...(waiting !== undefined && { waiting: { ...(waiting.reason !== undefined && { reason: waiting.reason }) } }),
      ...(running !== undefined && { running: {} }),
      ...(ended !== undefined && { terminated: ended }),
    },
  };
}

export function podItem(pod: Pod, around: PodSurroundings): PodItem {
  const { name = "", namespace = "", uid = "", creationTimestamp = "" } = pod.metadata ?? {};
  const { nodeName, containers = [] } = pod.spec ?? {};
  const { podIP, containerStatuses = [] } = pod.status ?? {};
  const { cluster } = around;
  const status = podStatusText(pod);
  const owner = ownerOf(pod);
  const twin = twinOf(pod, around);
  return {
    ...{ key: itemKey("pod", cluster, namespace, name), cluster, kind: "pod", namespace, name, uid },
    ...(nodeName !== undefined && nodeName !== "" && { node: nodeName }),
    health: healthOf(pod, status),
    status,
    ready: podReadyText(pod),
    restarts: containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    ...(podIP !== undefined && podIP !== "" && { ip: podIP }),
    containers: containers.map((container) => container.name),
    ...(owner !== undefined && { owner }),
    createdAt: creationTimestamp,
    role: around.provider !== undefined ? "offloaded" : isTwin(pod, around) ? "twin" : "native",
    ...(twin !== undefined && { twin }),
  };
}

function isTwin({ metadata }: Pod, { origin }: PodSurroundings): boolean {
  return origin !== undefined && metadata?.labels?.[labels.ORIGIN] === origin.clusterID;
}

function twinOf(pod: Pod, around: PodSurroundings): ItemKey | undefined {
  const { provider, origin, twinNamespace, contextOf } = around;
  const name = pod.metadata?.name ?? "";
  if (provider !== undefined)
    return twinNamespace === undefined ? undefined : itemKey("pod", contextOf(provider), twinNamespace, name);
  if (origin === undefined || !isTwin(pod, around)) return undefined;
  return itemKey("pod", contextOf(origin.clusterID), origin.namespace, name);
}

/** A ReplicaSet of a Deployment is called by the hash of its template, which its pods have as a label. */
function ownerOf(pod: Pod): string | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined) return undefined;
  const ending = `-${pod.metadata?.labels?.[TEMPLATE_HASH] ?? ""}`;
  if (owner.kind === "ReplicaSet" && ending.length > 1 && owner.name.endsWith(ending))
    return `Deployment/${owner.name.slice(0, -ending.length)}`;
  return `${owner.kind}/${owner.name}`;
}

// Kubelet's reasons of what does not mend itself.
const NEEDS_SOMEBODY =
  /BackOff|Error|ErrImage|Invalid|OOMKilled|ContainerCannotRun|Evicted|ErrorExit|ExitCode|Signal:|Refused/;

function healthOf(pod: Pod, status: string): Health {
  const phase = pod.status?.phase;
  if (phase === "Succeeded") return "done";
  if (pod.metadata?.deletionTimestamp !== undefined) return "ending";
  if (phase === "Failed" || status === "Unknown" || NEEDS_SOMEBODY.test(status)) return "bad";
  if (findCondition(pod.status?.conditions, "PodScheduled")?.reason === "Unschedulable") return "bad";
  return phase === "Running" && isReady(pod) ? "good" : "waiting";
}

// An object in an informer is never changed, so what was summed up once stays right.
const requested = new WeakMap<Pod, Amounts>();

export function requestsOf(pod: Pod): Amounts {
  const known = requested.get(pod);
  if (known !== undefined) return known;
  const amounts = amountsOf(podRequests(pod.spec));
  requested.set(pod, amounts);
  return amounts;
}
