/** Facts of pods, for tests of the chain. */
import type { ContainerStatus, Event, Node, Pod, PodCondition, PodSpec, PodStatus } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { PodFacts, ProviderFacts, Remote } from "../pod.ts";

export const MADE = "2026-11-30T12:00:00Z";
export const LATER = "2026-11-30T13:00:00Z";
export const running: ContainerStatus = {
  ...{ name: "web", image: "nginx", imageID: "", ready: true, started: true, restartCount: 0 },
  state: { running: {} },
};
export const readyPod: PodStatus = {
  phase: "Running",
  conditions: [condition("Ready", "True")],
  containerStatuses: [running],
};

export function condition(type: string, status: string, message?: string): PodCondition {
  return { type, status, ...(message !== undefined && { message }) };
}

export function podOf(status: PodStatus = readyPod, spec: Partial<PodSpec> = {}, metadata: Pod["metadata"] = {}): Pod {
  return {
    metadata: { name: "web", namespace: "shop", creationTimestamp: MADE, ...metadata },
    spec: { containers: [{ name: "web" }], nodeName: "liqo-rome", ...spec },
    status,
  };
}

export function pending(message?: string): PodStatus {
  return { phase: "Pending", conditions: message === undefined ? [] : [condition("PodScheduled", "False", message)] };
}

export function waiting(reason: string, message?: string): PodStatus {
  const state = { waiting: { reason, ...(message !== undefined && { message }) } };
  return { phase: "Pending", containerStatuses: [{ ...running, ready: false, started: false, state }] };
}

export function event(reason: string, message: string, lastTimestamp = MADE): Event {
  return { metadata: {}, involvedObject: {}, reason, message, lastTimestamp };
}

export function wish(
  status?: NamespaceOffloading["status"],
  strategy?: "Local" | "Remote",
  made = MADE,
): NamespaceOffloading {
  const spec = strategy === undefined ? {} : { podOffloadingStrategy: strategy };
  return { metadata: { creationTimestamp: made }, spec, ...(status !== undefined && { status }) };
}

export function nodeOf(status = "True", message?: string, spec: Node["spec"] = {}): Node {
  return {
    metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
    spec,
    status: { conditions: [{ ...condition("Ready", status, message) }] },
  };
}

const peer: ForeignCluster = { metadata: { name: "rome" }, spec: { clusterID: "rome" } };
export const shadow: ShadowPod = { metadata: { name: "web", namespace: "shop-milan" } };
export const there = (pod: Pod | undefined, ...events: Event[]): Remote => ({ shadow, pod, events });
export const remotePod = (status?: PodStatus, spec: Partial<PodSpec> = {}): Pod =>
  podOf(status, { nodeName: "worker", ...spec }, { labels: { "offloading.liqo.io/destination": "rome" } });

function at(remote: Remote | string, more: Partial<ProviderFacts> = {}): ProviderFacts {
  return { id: "rome", peer, twin: "shop-milan", remote, ...more };
}

export const facts = (more: Partial<PodFacts> = {}): PodFacts => ({
  ...{ pod: podOf(), events: [], offloading: wish(), node: nodeOf() },
  ...more,
});
export const away = (remote: Remote | string, more: Partial<ProviderFacts> = {}, pod = podOf()): PodFacts =>
  facts({ pod, provider: at(remote, more) });
export const athome = (pod: Pod, ...events: Event[]): PodFacts => facts({ pod, events, offloading: undefined });
export const errors = (type: string, message?: string): ForeignCluster => {
  const one = { type, status: "Error", ...(message !== undefined && { message }) } as never;
  const none = { enabled: false };
  const modules = { networking: { enabled: true, conditions: [one] }, authentication: none, offloading: none };
  return { ...peer, status: { role: "Provider", conditions: [one], modules } };
};
export const stuck = { rome: [{ type: "Ready", status: "False", reason: "CreationLoopBackOff" }] };
export const gone = { deletionTimestamp: LATER };
