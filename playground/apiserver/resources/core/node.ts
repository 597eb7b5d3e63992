/** Nodes. Kubernetes: pkg/registry/core/node/strategy.go, printers.go (printNode) */
import type { Node } from "kubernetes-types/core/v1";
import { nodes } from "#machinery/builtin.ts";
import { type FieldError, forbidden, notSupported } from "#machinery/field-error.ts";
import { anyStrategy, type ResourceStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { fillConditionTimes } from "../conditions.ts";
import { validateCidr } from "../validation.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

const NODE_INFO = [
  "machineID",
  "systemUUID",
  "bootID",
  "kernelVersion",
  "osImage",
  "containerRuntimeVersion",
  "kubeletVersion",
  "kubeProxyVersion",
  "operatingSystem",
  "architecture",
];

const strategy: ResourceStrategy<Node> = {
  resource: nodes,
  singular: "node",
  shortNames: ["no"],
  status: true,
  statusOnCreate: true,
  generation: false,
  setDefaults: ({ spec, status }) => {
    fillConditionTimes(status, ["lastHeartbeatTime", "lastTransitionTime"]);
    // The first is named twice.
    if (spec?.podCIDR !== undefined) spec.podCIDRs ??= [spec.podCIDR];
    else if (spec?.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
  },
  empty: {
    status: {
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: Object.fromEntries(NODE_INFO.map((field) => [field, ""])),
    },
  },
  validate: validateNode,
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validateUpdate: (next, previous) => {
    const was = previous.spec?.podCIDR ?? "";
    const changed = was !== "" && (next.spec?.podCIDR ?? "") !== was;
    const errors = validateNode(next);
    if (changed) errors.push(forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
    return errors;
  },
  fieldLabels: { "spec.unschedulable": (node) => String(node.spec?.unschedulable ?? false) },
  table: table<Node>([
    { name: "Status", value: statusText },
    { name: "Roles", value: rolesText },
    age(),
    { name: "Version", value: (node) => node.status?.nodeInfo?.kubeletVersion ?? "" },
    { name: "Internal-IP", value: (node) => addressOf(node, "InternalIP"), wide: true },
    { name: "External-IP", value: (node) => addressOf(node, "ExternalIP"), wide: true },
    { name: "OS-Image", value: (node) => node.status?.nodeInfo?.osImage || "<unknown>", wide: true },
    { name: "Kernel-Version", value: (node) => node.status?.nodeInfo?.kernelVersion || "<unknown>", wide: true },
    {
      name: "Container-Runtime",
      value: (node) => node.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
      wide: true,
    },
  ]),
};

export const nodeStrategy = anyStrategy(strategy);

function validateNode(node: Node): FieldError[] {
  const errors = (node.spec?.podCIDRs ?? []).flatMap((cidr, i) => validateCidr(cidr, `spec.podCIDRs[${i}]`));
  for (const [i, taint] of (node.spec?.taints ?? []).entries()) {
    if (!EFFECTS.includes(taint.effect)) errors.push(notSupported(`spec.taints[${i}].effect`, taint.effect, EFFECTS));
  }
  return errors;
}

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return node.spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return roles.size === 0 ? "<none>" : [...roles].sort().join(",");
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}
