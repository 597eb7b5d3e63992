/** What a check of a Pod Security level is, and the words that all of them use. Kubernetes: pod-security-admission/policy/{checks,helpers,visitor}.go */
import type { Container, PodSpec, SecurityContext } from "kubernetes-types/core/v1";

/** A pod or a pod template. */
export interface PodLike {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } | undefined;
  readonly spec: PodSpec;
}

export interface Violation {
  /** `host namespaces` */
  readonly reason: string;
  /** `hostNetwork=true` */
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  /** The minor version of Kubernetes since which the level has it. */
  readonly since: number;
  /** The check of the level below that it includes. */
  readonly overrides?: string;
  /** By the rules of Kubernetes 1.`minor`. */
  find(pod: PodLike, minor: number): Violation | undefined;
}

/** In the order in which upstream visits them. */
export function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...(containers ?? []), ...(ephemeralContainers as Container[])];
}

/** The names of the containers whose security context is as described. */
export function containersWith(spec: PodSpec, isBad: (context: SecurityContext, name: string) => boolean): string[] {
  return containersOf(spec)
    .filter(({ securityContext = {}, name }) => isBad(securityContext, name))
    .map(({ name }) => name);
}

export function quoted(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(", ");
}

/** Each once, in order. */
export function sorted(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many;
}

/** `container "a"`, `containers "a", "b"` */
export function named(containers: readonly string[]): string {
  return `${plural("container", "containers", containers.length)} ${quoted(containers)}`;
}

/** `pod and container "a"`; undefined when neither the pod nor a container has set it. */
export function setters(pod: boolean, containers: readonly string[]): string | undefined {
  const all = [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named(containers)] : [])];
  return all.length === 0 ? undefined : all.join(" and ");
}

/** Pods for Windows need not set what only Linux has, since 1.25. */
export function isWindows({ spec }: PodLike, minor: number): boolean {
  return minor >= 25 && spec.os?.name === "windows";
}
