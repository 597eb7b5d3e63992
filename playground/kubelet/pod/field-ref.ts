/** Fields of a pod as text, for the environment and downward API volumes. Kubernetes: pkg/fieldpath, pkg/api/v1/resource */
import type { Container, Pod, ResourceFieldSelector } from "kubernetes-types/core/v1";
import { milliOf, unitsOf } from "#machinery/quantity.ts";

export interface PodAddresses {
  readonly podIp: string;
  readonly hostIp: string;
}

export type NodeResources = Readonly<Record<string, string>>;

/** Undefined for a path that the downward API does not know. */
export function fieldOf(pod: Pod, path: string, addresses: PodAddresses): string | undefined {
  const metadata = pod.metadata ?? {};
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript !== null)
    return metadata[subscript[1] === "labels" ? "labels" : "annotations"]?.[subscript[2] ?? ""] ?? "";
  const fields: Record<string, string> = {
    "metadata.name": metadata.name ?? "",
    "metadata.namespace": metadata.namespace ?? "",
    "metadata.uid": metadata.uid ?? "",
    "metadata.labels": formatMap(metadata.labels),
    "metadata.annotations": formatMap(metadata.annotations),
    "spec.nodeName": pod.spec?.nodeName ?? "",
    "spec.serviceAccountName": pod.spec?.serviceAccountName ?? "",
    "status.hostIP": addresses.hostIp,
    "status.hostIPs": addresses.hostIp,
    "status.podIP": addresses.podIp,
    "status.podIPs": addresses.podIp,
  };
  return fields[path];
}

/** A limit that is not set counts as what the node has. */
export function resourceOf(
  pod: Pod,
  own: Container,
  ref: ResourceFieldSelector,
  node: NodeResources,
): string | undefined {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const container = ref.containerName === undefined ? own : containers.find((c) => c.name === ref.containerName);
  const [kind, ...rest] = ref.resource.split(".");
  const name = rest.join(".");
  if (container === undefined || (kind !== "limits" && kind !== "requests")) return undefined;
  const fallback = kind === "limits" ? node[name] : "0";
  const quantity = container.resources?.[kind]?.[name] ?? fallback ?? "0";
  const divisor = ref.divisor === undefined || ref.divisor === "0" ? "1" : ref.divisor;
  if (name === "cpu") return String(divideUp(milliOf(quantity), milliOf(divisor)));
  return String(divideUp(BigInt(unitsOf(quantity)), BigInt(unitsOf(divisor))));
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join("\n");
}

function divideUp(a: bigint, b: bigint): bigint {
  return b === 0n ? 0n : (a + b - 1n) / b;
}
