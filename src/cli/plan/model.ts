/**
 * What a command would do, of both clusters: the answer of `--plan`. A part is what one concern of a command contributes;
 * what is destructive, and which rights come and go, follows from the parts. Pure.
 */
import type { ClusterRoleBinding, RoleBinding, Subject } from "kubernetes-types/rbac/v1";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { RemoteClaim } from "../peering/offloading/lost-claims.ts";

export type Verb = "create" | "change" | "delete";

export interface Change {
  /** Cluster id. */
  readonly cluster: string;
  readonly verb: Verb;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly why: string;
  /** It is there while the command works, and gone at the end. */
  readonly isTemporary?: true;
  /** Of one that changes, where it is known: all that do. */
  readonly fields?: readonly string[];
}

export interface Right {
  readonly cluster: string;
  readonly verb: "grant" | "revoke";
  readonly role: string;
  readonly to: string;
  /** Absent: the whole cluster. */
  readonly namespace?: string;
}

/** Where a CIDR of one cluster is seen in another. */
export interface Address {
  /** Where it is seen. */
  readonly cluster: string;
  readonly of: string;
  readonly type: "pod" | "external";
  readonly cidr: string;
  /** Undefined: it cannot be had. */
  readonly seenAs?: string;
  /** It has no place yet, and another peering may come between. */
  readonly isExpected?: boolean;
  readonly problem?: string;
}

export interface PodFate {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** `moves`: it ends, and its controller makes another, elsewhere. `replaced`: the same, by another template. */
  readonly fate: "moves" | "replaced" | "ends" | "stays";
  readonly from?: string;
  /** As far as it can be known. */
  readonly to?: string;
  readonly why: string;
}

export interface LostClaim {
  /** Where the data lies. */
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly size: string;
}

export function lostClaimOf({ provider, namespace, name, size }: RemoteClaim): LostClaim {
  return { cluster: provider, namespace, name, size };
}

export interface Plan {
  /** Does it for real. */
  readonly command: string;
  readonly changes: readonly Change[];
  readonly rights: readonly Right[];
  readonly addresses: readonly Address[];
  readonly pods: readonly PodFate[];
  readonly data: readonly LostClaim[];
  /** Empty: the exit status is 0. */
  readonly destructive: readonly string[];
  /** What will not go as asked, or could not be looked at. */
  readonly remarks: readonly string[];
}

/** A change with its object: rights are read off bindings. */
export interface Step {
  readonly cluster: string;
  readonly verb: Verb;
  readonly object: KubeObject;
  readonly why: string;
  /** It is the user's own, and no copy: destructive when it is deleted. */
  readonly isUsers?: boolean;
  readonly isTemporary?: true;
  readonly fields?: readonly string[];
}

export interface Part {
  readonly steps?: readonly Step[];
  /** Beside those of bindings that come and go. */
  readonly rights?: readonly Right[];
  readonly addresses?: readonly Address[];
  readonly pods?: readonly PodFate[];
  readonly data?: readonly LostClaim[];
  /** Connections that break, in a sentence each. */
  readonly breaks?: readonly string[];
  readonly remarks?: readonly string[];
}

const ORDER: Readonly<Record<Verb, number>> = { create: 0, change: 1, delete: 2 };

/** Parts may say the same twice: the first reason counts. What Kubernetes itself does with an object is left out. */
export function planOf(command: string, parts: readonly Part[]): Plan {
  const steps = distinct(parts.flatMap((part) => part.steps ?? []).filter(({ object }) => isTold(object)));
  const pods = [...new Map(parts.flatMap((part) => part.pods ?? []).map((pod) => [keyOfPod(pod), pod])).values()];
  const data = parts.flatMap((part) => part.data ?? []);
  return {
    command,
    changes: steps.map(changeOf).sort(byPlace),
    rights: [...steps.flatMap(rightsOf), ...parts.flatMap((part) => part.rights ?? [])],
    addresses: parts.flatMap((part) => part.addresses ?? []),
    pods,
    data,
    destructive: [
      ...endings(pods),
      ...data.map(
        ({ cluster, namespace, name, size }) =>
          `the data of claim ${namespace}/${name} (${size}) at ${cluster} is lost`,
      ),
      ...steps
        .filter(({ verb, isUsers }) => verb === "delete" && isUsers === true)
        .map(({ cluster, object }) => `${titleOf(object)} at ${cluster}, which is nobody's copy, is deleted`),
      ...new Set(parts.flatMap((part) => part.breaks ?? [])),
    ],
    remarks: [...new Set(parts.flatMap((part) => part.remarks ?? []))],
  };
}

export function step<T extends KubeObject>(
  cluster: string,
  verb: Verb,
  resource: Resource<T>,
  object: T,
  why: string,
): Step {
  return { cluster, verb, object: { ...object, kind: resource.kind }, why };
}

/** What follows of itself for other objects, what comes and goes all the time, and pods, which have their own list. */
const UNTOLD_KINDS = new Set([
  "Event",
  "Lease",
  "Endpoints",
  "EndpointSlice",
  "IPAddress",
  "ReplicaSet",
  "ControllerRevision",
  "Pod",
  "PodMetrics",
  "NodeMetrics",
  "CSINode",
  "CertificateSigningRequest",
]);

/** Whether a plan tells of it. What a plan and the world after it are compared by. */
export function isTold({ kind = "", metadata }: KubeObject): boolean {
  const { name = "", labels = {} } = metadata ?? {};
  // The aggregator makes one of each group of a CRD.
  if (UNTOLD_KINDS.has(kind) || "kube-aggregator.kubernetes.io/automanaged" in labels) return false;
  // Kubernetes puts them into each namespace.
  return !(kind === "ConfigMap" && name === "kube-root-ca.crt") && !(kind === "ServiceAccount" && name === "default");
}

/** `Kind namespace/name` */
export function titleOf({ kind = "", metadata }: KubeObject): string {
  const { namespace, name = "" } = metadata ?? {};
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function distinct(steps: readonly Step[]): Step[] {
  const found = new Map<string, Step>();
  for (const each of steps) {
    const key = `${each.cluster} ${titleOf(each.object)}`;
    if (!found.has(key)) found.set(key, each);
  }
  return [...found.values()];
}

function changeOf({ cluster, verb, object, why, isTemporary, fields }: Step): Change {
  const { namespace, name = "" } = object.metadata ?? {};
  return {
    ...{ cluster, verb, kind: object.kind ?? "", ...(namespace !== undefined && { namespace }), name, why },
    ...(isTemporary === true && { isTemporary }),
    ...(fields !== undefined && { fields }),
  };
}

function byPlace(a: Change, b: Change): number {
  const key = ({ kind, namespace = "", name }: Change): string => `${namespace} ${kind} ${name}`;
  if (a.cluster !== b.cluster) return a.cluster < b.cluster ? -1 : 1;
  if (a.verb !== b.verb) return ORDER[a.verb] - ORDER[b.verb];
  return key(a) < key(b) ? -1 : 1;
}

function rightsOf({ cluster, verb, object }: Step): Right[] {
  if (verb === "change" || !isBinding(object)) return [];
  const { namespace } = object.metadata ?? {};
  return (object.subjects ?? []).map((subject) => ({
    cluster,
    verb: verb === "create" ? "grant" : "revoke",
    role: `${object.roleRef.kind} ${object.roleRef.name}`,
    to: subjectName(subject),
    ...(namespace !== undefined && { namespace }),
  }));
}

/** Of one that was listed without its content nothing is known. */
function isBinding(object: KubeObject): object is RoleBinding | ClusterRoleBinding {
  return (object.kind === "RoleBinding" || object.kind === "ClusterRoleBinding") && "roleRef" in object;
}

function subjectName({ kind, name, namespace }: Subject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function keyOfPod({ cluster, namespace, name }: PodFate): string {
  return `${cluster} ${namespace}/${name}`;
}

function endings(pods: readonly PodFate[]): string[] {
  return pods
    .filter(({ fate }) => fate === "ends")
    .map(({ cluster, namespace, name, why }) => `pod ${namespace}/${name} of ${cluster} ends: ${why}`);
}
