/** The two pods of a trace as each cluster knows them, and what is sent to which port. Pure. */
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import * as apiLabels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { parseCidr, remapIp } from "#base/cidr.ts";
import { CliError } from "../errors.ts";
import type { SideName } from "./sides.ts";

export interface End {
  readonly side: SideName;
  readonly name: string;
  /** Of its cluster; undefined: that could not be asked. */
  readonly node: string | undefined;
  /** In its cluster. */
  readonly own: string;
  /** By which the other cluster knows it; undefined: that could not be asked. */
  readonly seen: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Goal {
  readonly port: number;
  /** By the user, by the pod or by the Service. Else it is one at which nobody need listen. */
  readonly isMeant: boolean;
  readonly service?: { readonly name: string; readonly address: string; readonly port: number };
}

/** At which nothing listens, and every pod's kernel says so. */
const NO_PORT = 1;

/** Id of the cluster that a pod runs at; undefined: at home. Throws a CliError for one that has no address yet. */
export function clusterOf(pod: Pod, nodes: readonly Node[]): string | undefined {
  const { metadata, spec, status } = pod;
  if (status?.phase !== "Running") throw notThere(pod, "does not run");
  if (spec?.hostNetwork === true)
    throw new CliError(`pod ${metadata?.name} has its node's network: other clusters know it by no address`);
  const node = nodes.find((each) => each.metadata?.name === spec?.nodeName);
  return node !== undefined && isVirtualNode(node) ? node.metadata?.labels?.[apiLabels.REMOTE_CLUSTER_ID] : undefined;
}

function notThere({ metadata }: Pod, problem: string): CliError {
  return new CliError(`pod ${metadata?.name} ${problem}`, {
    hint: `liqoctl why pod/${metadata?.name} -n ${metadata?.namespace}`,
  });
}

export function homeEnd(pod: Pod, seen: string | undefined): End {
  const { metadata, spec, status } = pod;
  if (status?.podIP === undefined) throw notThere(pod, "has no address yet");
  return {
    side: "home",
    name: metadata?.name ?? "",
    node: spec?.nodeName,
    own: status.podIP,
    seen,
    labels: metadata?.labels ?? {},
  };
}

/** `real`: the pod at the provider, where it could be asked; else its address is what remapping makes of it. */
export function awayEnd(pod: Pod, real: Pod | undefined, configuration: Configuration | undefined): End {
  const seen = pod.status?.podIP;
  const own = real?.status?.podIP ?? (seen === undefined ? undefined : addressThere(seen, configuration)) ?? seen;
  if (own === undefined) throw notThere(pod, "has no address here");
  return {
    side: "away",
    name: pod.metadata?.name ?? "",
    node: real?.spec?.nodeName,
    own,
    seen,
    labels: (real ?? pod).metadata?.labels ?? {},
  };
}

function addressThere(seen: string, configuration: Configuration | undefined): string | undefined {
  const [from = "", to = ""] = [
    configuration?.status?.remote?.cidr?.pod?.[0],
    configuration?.spec?.remote?.cidr?.pod?.[0],
  ];
  const [here, there] = [parseCidr(from), parseCidr(to)];
  return here === undefined || there === undefined ? undefined : remapIp(seen, here, there);
}

export function goalOfPod(pod: Pod, port: string | undefined): Goal {
  const ports = (pod.spec?.containers ?? [])
    .flatMap(({ ports: own = [] }) => own)
    .filter(({ protocol = "TCP" }) => protocol === "TCP");
  if (port === undefined) {
    const [first] = ports;
    return first === undefined ? { port: NO_PORT, isMeant: false } : { port: first.containerPort, isMeant: true };
  }
  const found = /^\d+$/.test(port) ? Number(port) : ports.find(({ name }) => name === port)?.containerPort;
  if (found === undefined) throw new CliError(`pod ${pod.metadata?.name} has no port named ${port}`);
  return { port: found, isMeant: true };
}

export interface Offered {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

export interface Candidate extends Goal {
  readonly address: string;
}

/** The endpoints of a Service that are ready, as the cluster knows them that asks. Throws a CliError when it has no such port. */
export function candidatesOf({ service, slices }: Offered, port: string | undefined): Candidate[] {
  const name = service.metadata?.name ?? "";
  const asked = service.spec?.ports?.find(
    (each) => port === undefined || String(each.port) === port || each.name === port,
  );
  if (asked === undefined)
    throw new CliError(`Service ${name} has no port ${port ?? ""}`, { hint: `kubectl get service ${name}` });
  const address = service.spec?.clusterIP ?? "";
  const isHeadless = address === "" || address === "None";
  const seen = isHeadless ? {} : { service: { name, address, port: asked.port } };
  return slices.flatMap(({ endpoints, ports }) => {
    // Both may be null.
    const target = ports?.find((each) => (each.name ?? "") === (asked.name ?? ""))?.port;
    if (target === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) =>
        addresses.map((each): Candidate => ({ address: each, port: target, isMeant: true, ...seen })),
      );
  });
}
