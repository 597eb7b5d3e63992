/** Nodes. Kubernetes: pkg/registry/core/node/strategy.go, printers.go (printNode) */
import type { Node, Taint } from "kubernetes-types/core/v1";
import { nodes } from "#machinery/builtin.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { labelValue, qualifiedName } from "#machinery/names.ts";
import { anyStrategy, type ResourceStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { fillConditionTimes } from "../conditions.ts";
import { messages, validateCidr } from "../validation.ts";
import { TAINT_EFFECTS } from "./pod-spec/scheduling.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";

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
  validateUpdate: (next, previous) => {
    const was = previous.spec?.podCIDR ?? "";
    const changed = was !== "" && (next.spec?.podCIDR ?? "") !== was;
    const errors = validateNode(next);
    if (changed) errors.push(forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
    const { providerID = "" } = previous.spec ?? {};
    if (providerID !== "" && next.spec?.providerID !== providerID)
      errors.push(forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
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
  return [...validateTaints(node.spec?.taints ?? []), ...errors];
}

/** Upstream has the field at the wrong place. */
function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key = "", value = "", effect = "", timeAdded }, i) => {
    const at = `metadata.taints[${i}]`;
    const errors = messages(`${at}.key`, key, qualifiedName(key));
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalid(`${at}.value`, value, problems.join(";")));
    if (effect === "") errors.push(required(`${at}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
    if (seen.has(`${key}:${effect}`)) {
      const twice = duplicate(at, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null });
      errors.push({ ...twice, message: `${twice.message}: taints must be unique by key and effect pair` });
    }
    seen.add(`${key}:${effect}`);
    return errors;
  });
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
