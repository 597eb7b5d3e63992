/**
 * Gives Services their cluster IP and node ports, as an admission step because allocation looks at all other Services.
 * Kubernetes: pkg/registry/core/service/storage/alloc.go (ranges and messages)
 */

import type { Service, ServicePort } from "kubernetes-types/core/v1";
import { type Cidr, contains, formatCidr, nthAddress, parseIpv4, sizeOf } from "#base/cidr.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { services } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import { failure, invalidObject } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../../../request.ts";

const NODE_PORT_FIRST = 30_000;
const NODE_PORT_LAST = 32_767;
// The lower part of the range is left to addresses chosen by people (KEP-3070): min(max(16, size/16), 256).
const STATIC_MIN = 16;
const STATIC_MAX = 256;
/** An allocation counts as used this long even if no Service carries it yet: its write is under way. */
const PENDING_MS = 10_000;
const PORT = "port ";

interface Pending {
  /** namespace/name of the Service. */
  readonly owner: string;
  readonly atMs: number;
}

export function serviceAllocation(
  reader: ObjectReader,
  serviceCidr: Cidr,
  { clock = systemClock, random = Math.random }: { readonly clock?: Clock; readonly random?: () => number } = {},
): AdmissionPlugin {
  const pending = new Map<string, Pending>();
  return {
    name: "ServiceAllocation",
    handles: ({ resource, operation, subresource }) =>
      resource.group === "" &&
      resource.plural === "services" &&
      subresource === "" &&
      ["CREATE", "UPDATE"].includes(operation),
    admit: (_ctx, request) => {
      const service = request.object as Service | undefined;
      if (service?.spec === undefined) return Promise.resolve();
      const others = reader
        .list(services, "")
        .filter(({ metadata }) => metadata?.name !== request.name || metadata.namespace !== request.namespace);
      const owner = `${request.namespace}/${request.name}`;
      const atMs = clock.nowMs();
      for (const [what, entry] of pending) if (atMs - entry.atMs > PENDING_MS) pending.delete(what);
      // What this very Service was given a moment ago is its own.
      const foreign = [...pending].filter(([, entry]) => entry.owner !== owner).map(([what]) => what);
      const used = { ips: usedIps(others, foreign), ports: usedPorts(others, foreign) };
      const reserve = (what: string): void => void pending.set(what, { owner, atMs });
      allocateIp(service, request, serviceCidr, used.ips, reserve);
      allocatePorts(service, request, used.ports, { reserve, random });
      allocateHealthCheckPort(service, request, used.ports, { reserve, random });
      return Promise.resolve();
    },
  };
}

function usedIps(others: readonly Service[], pending: readonly string[]): Set<string> {
  const used = new Set(
    others.flatMap(({ spec }) => spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP])),
  );
  for (const key of pending) if (key.includes(".")) used.add(key);
  return used;
}

function usedPorts(others: readonly Service[], pending: readonly string[]): Set<string> {
  const used = new Set<string>();
  for (const { spec } of others) {
    for (const { nodePort } of spec?.ports ?? []) if (nodePort !== undefined) used.add(portKey(nodePort));
    if (spec?.healthCheckNodePort !== undefined) used.add(portKey(spec.healthCheckNodePort));
  }
  for (const key of pending) if (key.startsWith(PORT)) used.add(key);
  return used;
}

function allocateIp(
  service: Service,
  request: AdmissionRequest,
  range: Cidr,
  used: ReadonlySet<string>,
  reserve: (what: string) => void,
): void {
  const spec = service.spec;
  if (spec === undefined) return;
  if (spec.type === "ExternalName") {
    delete spec.clusterIP;
    delete spec.clusterIPs;
    return;
  }
  const wanted = spec.clusterIP || spec.clusterIPs?.[0];
  if (wanted !== undefined && wanted !== "") {
    if (wanted !== "None") checkIp(wanted, request, range, used);
    spec.clusterIP = wanted;
    spec.clusterIPs ??= [wanted];
    return;
  }
  const size = sizeOf(range);
  const first = Math.min(Math.max(STATIC_MIN, Math.floor(size / 16)), STATIC_MAX);
  const ip = firstFree(range, first, size - 1, used) ?? firstFree(range, 1, first, used);
  if (ip === undefined)
    throw failure(500, "InternalError", `failed to allocate a serviceIP: range ${formatCidr(range)} is full`);
  if (!request.dryRun) reserve(ip);
  spec.clusterIP = ip;
  spec.clusterIPs = [ip];
}

function firstFree(range: Cidr, from: number, to: number, used: ReadonlySet<string>): string | undefined {
  for (let i = from; i < to; i++) {
    const ip = nthAddress(range, i);
    if (!used.has(ip)) return ip;
  }
  return undefined;
}

function checkIp(ip: string, request: AdmissionRequest, range: Cidr, used: ReadonlySet<string>): void {
  const refuse = (detail: string): never => {
    throw invalidObject({ group: "", kind: "Service" }, request.name, [invalid("spec.clusterIPs", [ip], detail)]);
  };
  const value = parseIpv4(ip);
  // What is no address is refused by validation.
  if (value === undefined) return;
  if (!contains(range, value))
    refuse(`failed to allocate IP ${ip}: the provided network does not match the current range`);
  else if (used.has(ip)) refuse(`failed to allocate IP ${ip}: provided IP is already allocated`);
}

function allocatePorts(
  service: Service,
  request: AdmissionRequest,
  used: ReadonlySet<string>,
  { reserve, random }: { readonly reserve: (what: string) => void; readonly random: () => number },
): void {
  const { spec } = service;
  const takes =
    spec?.type === "NodePort" || (spec?.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
  if (!takes) return;
  const ports = spec.ports ?? [];
  for (const [i, port] of ports.entries()) if (isGiven(port)) checkPort(port, i, request, used);
  for (const port of ports) {
    if (isGiven(port)) continue;
    // One number for the protocols of one port, as upstream.
    const twin = ports.find((other) => other.port === port.port && other.protocol !== port.protocol && isGiven(other));
    const own = new Set(ports.filter(isGiven).map(({ nodePort = 0 }) => portKey(nodePort)));
    port.nodePort = twin?.nodePort ?? freePort(new Set([...used, ...own]), random);
    if (!request.dryRun) reserve(portKey(port.nodePort));
  }
}

/** Where a load balancer asks whether a node has endpoints of its own. */
function allocateHealthCheckPort(
  { spec }: Service,
  request: AdmissionRequest,
  used: ReadonlySet<string>,
  { reserve, random }: { readonly reserve: (what: string) => void; readonly random: () => number },
): void {
  if (spec === undefined) return;
  if (spec.type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local") {
    delete spec.healthCheckNodePort;
    return;
  }
  if ((spec.healthCheckNodePort ?? 0) !== 0) return;
  const own = (spec.ports ?? []).filter(isGiven).map(({ nodePort = 0 }) => portKey(nodePort));
  spec.healthCheckNodePort = freePort(new Set([...used, ...own]), random);
  if (!request.dryRun) reserve(portKey(spec.healthCheckNodePort));
}

function isGiven({ nodePort = 0 }: ServicePort): boolean {
  return nodePort !== 0;
}

function checkPort(port: ServicePort, index: number, request: AdmissionRequest, used: ReadonlySet<string>): void {
  const nodePort = port.nodePort ?? 0;
  const outside = nodePort < NODE_PORT_FIRST || nodePort > NODE_PORT_LAST;
  if (!outside && !used.has(portKey(nodePort))) return;
  const detail = outside
    ? `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FIRST}-${NODE_PORT_LAST}`
    : "provided port is already allocated";
  throw invalidObject({ group: "", kind: "Service" }, request.name, [
    invalid(`spec.ports[${index}].nodePort`, nodePort, detail),
  ]);
}

function freePort(used: ReadonlySet<string>, random: () => number): number {
  const count = NODE_PORT_LAST - NODE_PORT_FIRST + 1;
  const start = Math.floor(random() * count);
  for (let i = 0; i < count; i++) {
    const candidate = NODE_PORT_FIRST + ((start + i) % count);
    if (!used.has(portKey(candidate))) return candidate;
  }
  throw failure(500, "InternalError", "failed to allocate a nodePort: range is full");
}

/** The allocator knows numbers only: TCP and UDP of two Services cannot share one. */
function portKey(port: number): string {
  return `${PORT}${port}`;
}
