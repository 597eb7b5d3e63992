/** One line for a person about each change: what became of what. */
import type {
  Health,
  Item,
  NodeItem,
  PeeringItem,
  PodItem,
  ReflectedItem,
  ServiceItem,
  WorkloadItem,
} from "../../model/items.ts";

/** Undefined: nobody would call it a change; a latency that was measured again. */
export function says(before: Item | undefined, after: Item | undefined): string | undefined {
  const item = after ?? before;
  if (item === undefined) return undefined;
  const name = nameOf(item);
  if (before === undefined) return `${name} ${appeared(item)}`;
  if (after === undefined) return `${name} is gone`;
  const parts = differences(before, after);
  return parts.length === 0 ? undefined : `${name} ${parts.join(", ")}`;
}

export function healthOf(before: Item | undefined, after: Item | undefined): Health | undefined {
  const item = after ?? before;
  switch (item?.kind) {
    case "pod":
    case "peering":
      return item.health;
    case "cluster":
      return item.reachable ? "good" : "bad";
    case "node":
      return item.ready ? "good" : "bad";
    case "reflected":
      return item.lastError === undefined ? "good" : "bad";
    case "workload":
      return item.ready >= item.wanted ? "good" : "waiting";
    default:
      return undefined;
  }
}

function nameOf(item: Item): string {
  switch (item.kind) {
    case "cluster":
      return `cluster ${item.cluster}`;
    case "node":
    case "namespace":
      return `${item.kind} ${item.name} in ${item.cluster}`;
    case "pod":
    case "service":
      return `${item.kind} ${item.namespace}/${item.name} in ${item.cluster}`;
    case "peering":
      return `peering of ${item.cluster} with ${item.peer}`;
    case "reflected":
      return `${item.of} ${item.namespace}/${item.name} in ${item.cluster}`;
    case "workload":
      return `${item.of} ${item.namespace}/${item.name} in ${item.cluster}`;
  }
}

function appeared(item: Item): string {
  switch (item.kind) {
    case "pod":
      return item.node === undefined ? "was made" : `was made on ${item.node}`;
    case "reflected":
      return `was copied from ${item.origin}`;
    case "cluster":
      return item.reachable ? "is looked at" : "does not answer";
    default:
      return "was made";
  }
}

function differences(before: Item, after: Item): string[] {
  if (before.kind === "pod" && after.kind === "pod") return ofPods(before, after);
  if (before.kind === "node" && after.kind === "node") return ofNodes(before, after);
  if (before.kind === "peering" && after.kind === "peering") return ofPeerings(before, after);
  if (before.kind === "service" && after.kind === "service") return ofServices(before, after);
  if (before.kind === "workload" && after.kind === "workload") return ofWorkloads(before, after);
  if (before.kind === "reflected" && after.kind === "reflected") return ofReflected(before, after);
  if (before.kind === "namespace" && after.kind === "namespace") {
    return [
      ...turned("phase", before.phase, after.phase),
      ...turned("offloading", before.offloading?.phase, after.offloading?.phase),
    ];
  }
  if (before.kind === "cluster" && after.kind === "cluster") {
    if (before.reachable !== after.reachable) return [after.reachable ? "answers again" : "does not answer any more"];
    return turned("version", before.version, after.version);
  }
  return [];
}

function ofPods(before: PodItem, after: PodItem): string[] {
  if (before.uid !== after.uid)
    return [
      before.node === after.node
        ? "was replaced"
        : `moved from ${before.node ?? "no node"} to ${after.node ?? "no node"}`,
    ];
  const parts: string[] = [];
  if (before.node !== after.node) parts.push(`was placed on ${after.node ?? "no node"}`);
  parts.push(...turned("", before.status, after.status));
  if (before.ready !== after.ready) parts.push(`is ${after.ready} ready`);
  if (before.restarts < after.restarts) parts.push(`restarted (${after.restarts})`);
  if (before.ip !== after.ip && after.ip !== undefined) parts.push(`got the address ${after.ip}`);
  return parts;
}

function ofNodes(before: NodeItem, after: NodeItem): string[] {
  const parts: string[] = [];
  if (before.ready !== after.ready) parts.push(after.ready ? "is ready" : "is not ready");
  if (before.cordoned !== after.cordoned) parts.push(after.cordoned ? "was cordoned" : "was uncordoned");
  if (JSON.stringify(before.allocatable) !== JSON.stringify(after.allocatable)) parts.push("has other resources");
  return parts;
}

function ofPeerings(before: PeeringItem, after: PeeringItem): string[] {
  const parts = [...turned("connection", before.connection?.state, after.connection?.state)];
  parts.push(...turned("carrier", before.connection?.carrier, after.connection?.carrier));
  parts.push(...turned("MTU", before.connection?.mtu, after.connection?.mtu));
  for (const module of after.modules) {
    const old = before.modules.find(({ name }) => name === module.name);
    if (old?.enabled !== module.enabled) parts.push(`${module.name} is ${module.enabled ? "enabled" : "disabled"}`);
    for (const { type, status } of module.conditions)
      parts.push(...turned(type, old?.conditions.find((each) => each.type === type)?.status, status));
  }
  for (const slice of after.slices) {
    const old = before.slices.find(({ name }) => name === slice.name);
    if (old?.accepted !== slice.accepted)
      parts.push(`ResourceSlice ${slice.name} is ${slice.accepted ? "accepted" : "not accepted"}`);
  }
  if (JSON.stringify(before.certificates) !== JSON.stringify(after.certificates)) parts.push("has other certificates");
  if (parts.length === 0 && before.health !== after.health) parts.push(`is ${after.health}`);
  return parts;
}

function ofServices(before: ServiceItem, after: ServiceItem): string[] {
  const parts = [...turned("type", before.type, after.type)];
  const ready = (item: ServiceItem): number => item.endpoints.filter((each) => each.ready).length;
  const [was, is] = [ready(before), ready(after)];
  if (was !== is || before.endpoints.length !== after.endpoints.length)
    parts.push(`has ${is} of ${after.endpoints.length} endpoints ready`);
  else if (JSON.stringify(before.endpoints) !== JSON.stringify(after.endpoints)) parts.push("has other endpoints");
  if (before.external.join() !== after.external.join())
    parts.push(`is open at ${after.external.join(", ") || "no address"}`);
  return parts;
}

function ofWorkloads(before: WorkloadItem, after: WorkloadItem): string[] {
  const parts: string[] = [];
  if (before.wanted !== after.wanted) parts.push(`was scaled from ${before.wanted} to ${after.wanted}`);
  if (before.ready !== after.ready) parts.push(`is ${after.ready}/${after.wanted} ready`);
  return parts;
}

function ofReflected(before: ReflectedItem, after: ReflectedItem): string[] {
  if (before.lastError === after.lastError) return [];
  return [after.lastError === undefined ? "is copied again" : `could not be copied: ${after.lastError}`];
}

function turned(what: string, before: string | number | undefined, after: string | number | undefined): string[] {
  if (before === after) return [];
  const from = before === undefined || before === "" ? "" : `from ${before} `;
  return [
    `${what === "" ? "" : `${what} `}turned ${from}to ${after === undefined || after === "" ? "nothing" : after}`,
  ];
}
