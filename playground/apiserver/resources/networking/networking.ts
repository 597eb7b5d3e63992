/** Ingresses, network policies and endpoint slices. Kubernetes: pkg/registry/{networking,discovery} */
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Ingress, IngressBackend, IngressClass } from "kubernetes-types/networking/v1";
import { endpointSlices, ingressClasses, ingresses } from "#machinery/builtin.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages, PROTOCOLS, validateEndpointIp, validateImmutable, validateIp } from "../validation.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

export const ingressStrategy = anyStrategy<Ingress>({
  resource: ingresses,
  singular: "ingress",
  shortNames: ["ing"],
  status: true,
  validate: validateIngress,
  table: table<Ingress>([
    { name: "Class", value: ({ spec }) => spec?.ingressClassName },
    {
      name: "Hosts",
      value: ({ spec }) => {
        const hosts = (spec?.rules ?? []).map(({ host }) => host).filter((host) => host !== undefined && host !== "");
        return hosts.length === 0 ? "*" : hosts.join(",");
      },
    },
    {
      name: "Address",
      value: ({ status }) => (status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname).join(","),
    },
    { name: "Ports", value: ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80") },
    age(),
  ]),
});

export const ingressClassStrategy = anyStrategy<IngressClass>({
  resource: ingressClasses,
  singular: "ingressclass",
  generation: true,
  validate: ({ spec }) => ((spec?.controller ?? "") === "" ? [required("spec.controller")] : []),
  validateUpdate: (next, previous) =>
    validateImmutable(next.spec?.controller, previous.spec?.controller, "spec.controller"),
  table: table<IngressClass>([
    { name: "Controller", value: ({ spec }) => spec?.controller },
    {
      name: "Parameters",
      value: ({ spec }) =>
        spec?.parameters === undefined ? "<none>" : `${spec.parameters.kind}/${spec.parameters.name}`,
    },
    age(),
  ]),
});

export const endpointSliceStrategy = anyStrategy<EndpointSlice>({
  resource: endpointSlices,
  singular: "endpointslice",
  empty: { endpoints: null, ports: null },
  generation: true,
  setDefaults: (slice) => {
    for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
    for (const port of slice.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate: validateSlice,
  prepareForUpdate: (next, previous) => {
    // Its generation counts labels and annotations too.
    const shown = ({ metadata }: EndpointSlice): unknown[] => [metadata?.labels ?? {}, metadata?.annotations ?? {}];
    if (isDeepStrictEqual(shown(next), shown(previous))) return;
    next.metadata = { ...next.metadata, generation: (previous.metadata?.generation ?? 0) + 1 };
  },
  validateUpdate: (next, previous) => [
    ...validateSlice(next),
    ...validateImmutable(next.addressType, previous.addressType, "addressType"),
  ],
  table: table<EndpointSlice>([
    { name: "AddressType", value: ({ addressType }) => addressType },
    {
      name: "Ports",
      value: ({ ports }) =>
        limited((ports ?? []).map(({ port }) => (port === undefined ? "*" : String(port)))) || "<unset>",
    },
    {
      name: "Endpoints",
      value: ({ endpoints }) => limited((endpoints ?? []).flatMap(({ addresses }) => addresses)) || "<unset>",
    },
    age(),
  ]),
});

/** Kubernetes: pkg/apis/networking/validation (ValidateIngressSpec) */
function validateIngress({ spec }: Ingress): FieldError[] {
  if (spec?.defaultBackend === undefined && (spec?.rules ?? []).length === 0)
    return [invalid("spec", spec?.rules ?? null, "either `defaultBackend` or `rules` must be specified")];
  const errors = spec?.defaultBackend === undefined ? [] : validateBackend(spec.defaultBackend, "spec.defaultBackend");
  for (const [i, { host, http }] of (spec?.rules ?? []).entries()) {
    if (isIPv4(host ?? ""))
      errors.push(invalid(`spec.rules[${i}].host`, host, "must be a DNS name, not an IP address"));
    for (const [j, { path, pathType, backend }] of (http?.paths ?? []).entries()) {
      const at = `spec.rules[${i}].http.paths[${j}]`;
      if (pathType === undefined) errors.push(required(`${at}.pathType`, "pathType must be specified"));
      if (pathType !== "ImplementationSpecific" && pathType !== undefined && !(path ?? "").startsWith("/"))
        errors.push(invalid(`${at}.path`, path ?? "", "must be an absolute path"));
      errors.push(...validateBackend(backend, `${at}.backend`));
    }
  }
  return errors;
}

function validateBackend({ service, resource }: IngressBackend, at: string): FieldError[] {
  if (service === undefined)
    return resource === undefined ? [required(at, "must specify either resource or service")] : [];
  const { port } = service;
  return port?.name === undefined && port?.number === undefined
    ? [required(at, "port name or number is required")]
    : [];
}

function validateSlice(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (!ADDRESS_TYPES.includes(slice.addressType)) {
    errors.push(
      (slice.addressType ?? "") === ""
        ? required("addressType")
        : notSupported("addressType", slice.addressType, ADDRESS_TYPES),
    );
  }
  for (const [i, { addresses, hostname }] of (slice.endpoints ?? []).entries()) {
    const at = `endpoints[${i}]`;
    if ((addresses ?? []).length === 0) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
    for (const [j, address] of (addresses ?? []).entries())
      errors.push(...validateAddress(address, slice.addressType, `${at}.addresses[${j}]`));
    if (hostname !== undefined) errors.push(...messages(`${at}.hostname`, hostname, dns1123Label(hostname)));
  }
  return [...errors, ...validateSlicePorts(slice)];
}

function validateAddress(address: string, type: string, at: string): FieldError[] {
  if (type !== "IPv4" && type !== "IPv6") return [];
  const errors = validateIp(address, at);
  const isOther = errors.length === 0 && isIPv4(address) !== (type === "IPv4");
  return isOther
    ? [invalid(at.replace(/\[\d+\]$/, ""), address, `must be an ${type} address`)]
    : [...errors, ...validateEndpointIp(address, at)];
}

function validateSlicePorts({ ports }: EndpointSlice): FieldError[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap(({ name = "", protocol = "" }, i) => {
    const errors = name === "" ? [] : messages(`ports[${i}].name`, name, dns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`ports[${i}].protocol`, protocol, PROTOCOLS));
    return errors;
  });
}

function limited(values: readonly string[]): string {
  return values.length > 3 ? `${values.slice(0, 3).join(",")} + ${values.length - 3} more...` : values.join(",");
}
