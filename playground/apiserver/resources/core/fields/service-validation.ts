/** Validation of Services. Kubernetes: pkg/apis/core/validation (ValidateService), pkg/registry/core/service/storage/alloc.go */
import type { Service, ServicePort, ServiceSpec } from "kubernetes-types/core/v1";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "#machinery/names.ts";
import { messages, PROTOCOLS, validateIp, validateLabels, validatePort } from "../../validation.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const MAX_AFFINITY_SECONDS = 86_400;

export function validateService({ spec }: Service): FieldError[] {
  if (spec === undefined) return [required("spec")];
  const { type = "", clusterIP, ports = [], sessionAffinity = "" } = spec;
  const errors: FieldError[] = [];
  if (clusterIP !== "None" && type !== "ExternalName" && ports.length === 0) errors.push(required("spec.ports"));
  if (type === "ExternalName") errors.push(...validateExternalName(spec));
  const names = new Set<string>();
  for (const [i, port] of ports.entries())
    errors.push(...validateServicePort(port, `spec.ports[${i}]`, { names, needsName: ports.length > 1 }));
  errors.push(...validateLabels(spec.selector, "spec.selector"));
  if (!["ClientIP", "None"].includes(sessionAffinity))
    errors.push(notSupported("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]));
  errors.push(...validateAffinity(spec));
  for (const [i, address] of (spec.externalIPs ?? []).entries())
    errors.push(...validateIp(address, `spec.externalIPs[${i}]`));
  if (!TYPES.includes(type)) errors.push(notSupported("spec.type", type, TYPES));
  return [...errors, ...validateUniquePorts(spec), ...validateTrafficPolicy(spec), ...validateAddresses(spec)];
}

function validateExternalName({ externalName = "", clusterIP = "" }: ServiceSpec): FieldError[] {
  const errors = clusterIP === "" ? [] : [forbidden("spec.clusterIPs", "may not be set when `type` is 'ExternalName'")];
  // A dot at its end makes it absolute, and is no part of the name.
  const problems = dns1123Subdomain(externalName.replace(/\.$/, ""));
  return [
    ...errors,
    ...(externalName === "" ? [required("spec.externalName")] : messages("spec.externalName", externalName, problems)),
  ];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  const at = "spec.sessionAffinityConfig";
  if (sessionAffinity !== "ClientIP") {
    const why = "must not be set when session affinity is None";
    return sessionAffinityConfig === undefined ? [] : [forbidden(at, why)];
  }
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const isIn = seconds !== undefined && seconds > 0 && seconds <= MAX_AFFINITY_SECONDS;
  const why = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return isIn ? [] : [invalid(`${at}.clientIP.timeoutSeconds`, seconds ?? null, why)];
}

function validateServicePort(
  port: ServicePort,
  at: string,
  { names, needsName }: { readonly names: Set<string>; readonly needsName: boolean },
): FieldError[] {
  const { name = "", protocol = "", targetPort } = port;
  const errors: FieldError[] = [];
  if (name === "" && needsName) errors.push(required(`${at}.name`));
  if (name !== "") {
    errors.push(...messages(`${at}.name`, name, dns1123Label(name)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  errors.push(...validatePort(port.port, `${at}.port`));
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  return [...errors, ...validatePort(targetPort, `${at}.targetPort`)];
}

/** One port of a protocol once, and node ports only where they can be reached. */
function validateUniquePorts({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const [seen, onNodes] = [new Set<string>(), new Set<string>()];
  const hasNodePorts = type === "NodePort" || type === "LoadBalancer";
  for (const [i, { protocol = "", nodePort = 0 }] of ports.entries()) {
    if (nodePort !== 0 && !hasNodePorts)
      errors.push(forbidden(`spec.ports[${i}].nodePort`, `may not be used when \`type\` is '${type}'`));
    if (nodePort !== 0 && hasNodePorts && onNodes.has(`${protocol}/${nodePort}`))
      errors.push(duplicate(`spec.ports[${i}]`, shownPort(protocol, { NodePort: nodePort })));
    onNodes.add(`${protocol}/${nodePort}`);
  }
  for (const [i, { port, protocol = "" }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${i}]`, shownPort(protocol, { Port: port })));
    seen.add(key);
  }
  return errors;
}

/** In the form of the internal type, which is what upstream shows. */
function shownPort(protocol: string, numbers: { readonly Port?: number; readonly NodePort?: number }): object {
  const { Port = 0, NodePort = 0 } = numbers;
  return { Name: "", Protocol: protocol, AppProtocol: null, Port, TargetPort: 0, NodePort };
}

function validateTrafficPolicy({ type, externalIPs, externalTrafficPolicy: policy }: ServiceSpec): FieldError[] {
  const isExternal = type === "NodePort" || type === "LoadBalancer" || (externalIPs ?? []).length > 0;
  if (policy === undefined) return [];
  const at = "spec.externalTrafficPolicy";
  if (!isExternal) return [invalid(at, policy, "may only be set for externally-accessible services")];
  return ["Cluster", "Local"].includes(policy) ? [] : [notSupported(at, policy, ["Cluster", "Local"])];
}

function validateAddresses({ clusterIP = "", clusterIPs = [], ipFamilies }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (clusterIP !== "" && clusterIPs[0] !== clusterIP)
    errors.push(invalid("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
  for (const [i, address] of clusterIPs.entries())
    if (address !== "None") errors.push(...validateIp(address, `spec.clusterIPs[${i}]`));
  if (clusterIP === "None" || errors.length > 0) return errors;
  // The cluster has addresses of one family.
  for (const [i, family] of (ipFamilies ?? []).entries())
    if (family !== "IPv4") errors.push(invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"));
  return errors;
}

export function validateClusterIpUpdate(next: Service, previous: Service): FieldError[] {
  const before = previous.spec?.clusterIP ?? "";
  const after = next.spec?.clusterIP ?? "";
  if (before === "" || before === after || next.spec?.type === "ExternalName" || previous.spec?.type === "ExternalName")
    return [];
  return [invalid("spec.clusterIPs[0]", after === "" ? [] : [after], "may not change once set")];
}
