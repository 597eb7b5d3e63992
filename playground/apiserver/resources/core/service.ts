/** Services. Kubernetes: pkg/registry/core/service/strategy.go, pkg/apis/core/validation (ValidateService) */
import type { Service, ServicePort, ServiceSpec } from "kubernetes-types/core/v1";
import { services } from "#machinery/builtin.ts";
import { dns1035Label } from "#machinery/names.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy, type ResourceStrategy } from "../../strategy.ts";
import { age, pairs, table } from "../columns.ts";
import { validateClusterIpUpdate, validateService } from "./fields/service-validation.ts";

const strategy: ResourceStrategy<Service> = {
  resource: services,
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  status: true,
  generation: false,
  validateName: dns1035Label,
  setDefaults,
  prepareForCreate: (service) => {
    Object.assign(service, { status: { loadBalancer: {} } });
    setFamilies(service, undefined);
  },
  validate: validateService,
  prepareForUpdate: (next, previous) => {
    dropForType(next, previous);
    keepAllocations(next, previous);
    followAddress(next, previous);
    setFamilies(next, previous);
  },
  validateUpdate: (next, previous) => [...validateService(next), ...validateClusterIpUpdate(next, previous)],
  fieldLabels: {
    "spec.clusterIP": (service) => service.spec?.clusterIP ?? "",
    "spec.type": (service) => service.spec?.type ?? "",
  },
  table: table<Service>([
    { name: "Type", value: (service) => service.spec?.type },
    { name: "Cluster-IP", value: (service) => service.spec?.clusterIP || "<none>" },
    { name: "External-IP", value: externalIpText },
    { name: "Port(s)", value: portsText },
    age(),
    { name: "Selector", value: (service) => pairs(service.spec?.selector), wide: true },
  ]),
};

export const serviceStrategy = anyStrategy(strategy);

function setDefaults(service: Service): void {
  const spec = service.spec;
  if (spec === undefined) return;
  spec.type ||= "ClusterIP";
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "ClientIP") spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10800 } };
  // A client that turns affinity off need not take its time-out away.
  else if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  const external = spec.type === "NodePort" || spec.type === "LoadBalancer";
  // Texts that are no pointers in Go: clients written in it may send them empty, which says nothing.
  if (external) spec.externalTrafficPolicy ||= "Cluster";
  else if (spec.externalTrafficPolicy === "") delete spec.externalTrafficPolicy;
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type !== "ExternalName") {
    spec.internalTrafficPolicy ??= "Cluster";
  }
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    // As with empty texts: no number that a port can have.
    if (port.nodePort === 0) delete port.nodePort;
    if (port.targetPort === undefined || port.targetPort === "" || port.targetPort === 0) port.targetPort = port.port;
  }
}

/** Like addresses they are chosen by the server, not by defaulting: whoever made the Service does not own them. */
function setFamilies({ spec }: Service, previous: Service | undefined): void {
  if (spec === undefined || spec.type === "ExternalName") return;
  // What has no address and selects nothing may be of any family: its endpoints are someone else's.
  if (spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0 && previous === undefined) {
    spec.ipFamilyPolicy ??= "RequireDualStack";
    spec.ipFamilies ??= ["IPv4", "IPv6"];
  }
  spec.ipFamilyPolicy ??= previous?.spec?.ipFamilyPolicy ?? "SingleStack";
  spec.ipFamilies ??= [...(previous?.spec?.ipFamilies ?? ["IPv4"])];
}

const hasNodePorts = ({ spec }: Service): boolean => spec?.type === "NodePort" || spec?.type === "LoadBalancer";

/**
 * What a Service was given because of its type goes with the type, unless the client means something else by it.
 * Kubernetes: pkg/registry/core/service/strategy.go (dropTypeDependentFields)
 */
function dropForType({ spec, ...next }: Service, previous: Service): void {
  const old = previous.spec;
  if (spec === undefined || old === undefined) return;
  const drop = (fields: readonly (keyof ServiceSpec)[]): void => {
    for (const field of fields) if (jsonEquals(spec[field], old[field])) delete spec[field];
  };
  if (old.type !== "ExternalName" && spec.type === "ExternalName")
    drop(["clusterIP", "clusterIPs", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy"]);
  const isExternal = hasNodePorts({ ...next, spec }) || (spec.externalIPs ?? []).length > 0;
  if (!isExternal) drop(["externalTrafficPolicy", "healthCheckNodePort"]);
  if (spec.type !== "LoadBalancer") drop(["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
}

/** Of the two ways to name the address the one that was changed counts. */
function followAddress({ spec }: Service, { spec: old }: Service): void {
  if (spec?.clusterIP === undefined || spec.clusterIP === old?.clusterIP) return;
  if (jsonEquals(spec.clusterIPs, old?.clusterIPs)) spec.clusterIPs = [spec.clusterIP];
}

/** A client that leaves allocated fields out means to keep them. */
function keepAllocations(next: Service, previous: Service): void {
  if (next.spec === undefined || previous.spec === undefined) return;
  const hadIp = previous.spec.type !== "ExternalName" && next.spec.type !== "ExternalName";
  if (hadIp && (next.spec.clusterIP ?? "") === "" && previous.spec.clusterIP !== undefined) {
    next.spec.clusterIP = previous.spec.clusterIP;
    if (previous.spec.clusterIPs !== undefined) next.spec.clusterIPs ??= previous.spec.clusterIPs;
  }
  if ((next.spec.healthCheckNodePort ?? 0) === 0 && previous.spec.healthCheckNodePort !== undefined)
    next.spec.healthCheckNodePort = previous.spec.healthCheckNodePort;
  if (next.spec.type === "ClusterIP" || next.spec.type === "ExternalName") {
    for (const port of next.spec.ports ?? []) {
      const old = portLike(previous, port);
      if (port.nodePort !== undefined && port.nodePort === old?.nodePort) delete port.nodePort;
    }
    return;
  }
  for (const port of next.spec.ports ?? []) {
    const old = portLike(previous, port);
    if ((port.nodePort ?? 0) === 0 && old?.nodePort !== undefined) port.nodePort = old.nodePort;
  }
}

function portLike(service: Service, port: ServicePort): ServicePort | undefined {
  return service.spec?.ports?.find((p) => p.port === port.port && (p.protocol ?? "TCP") === (port.protocol ?? "TCP"));
}

function externalIpText(service: Service): string {
  const external = service.spec?.externalIPs ?? [];
  switch (service.spec?.type) {
    case "ExternalName":
      return service.spec.externalName ?? "<none>";
    case "LoadBalancer": {
      const ingress = (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? "");
      const all = [...ingress, ...external];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    default:
      return external.length === 0 ? "<none>" : external.join(",");
  }
}

function portsText(service: Service): string {
  const ports = service.spec?.ports ?? [];
  if (ports.length === 0) return "<none>";
  return ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? "" : `:${nodePort}`}/${protocol}`)
    .join(",");
}
