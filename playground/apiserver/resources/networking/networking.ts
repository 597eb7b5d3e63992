/** Ingresses, network policies and endpoint slices. Kubernetes: pkg/registry/{networking,discovery} */
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Ingress, IngressBackend, IngressClass, NetworkPolicy } from "kubernetes-types/networking/v1";
import { endpointSlices, ingressClasses, ingresses, networkPolicies } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, pairs, table } from "../columns.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

const POLICY_TYPES = ["Egress", "Ingress"];

export const ingressStrategy = anyStrategy<Ingress>({
  resource: ingresses,
  singular: "ingress",
  shortNames: ["ing"],
  status: true,
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
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

export const networkPolicyStrategy = anyStrategy<NetworkPolicy>({
  resource: networkPolicies,
  singular: "networkpolicy",
  shortNames: ["netpol"],
  generation: true,
  empty: { spec: { podSelector: {} } },
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    const peers = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
    for (const port of peers.flatMap(({ ports }) => ports ?? [])) port.protocol ??= "TCP";
    spec.policyTypes ??= (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
  validate: ({ spec }) =>
    (spec?.policyTypes ?? []).flatMap((type, i) =>
      POLICY_TYPES.includes(type) ? [] : [notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES)],
    ),
  table: table<NetworkPolicy>([
    { name: "Pod-Selector", value: ({ spec }) => pairs(spec?.podSelector?.matchLabels) },
    age(),
  ]),
});

export const endpointSliceStrategy = anyStrategy<EndpointSlice>({
  resource: endpointSlices,
  singular: "endpointslice",
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
    ...(next.addressType === previous.addressType
      ? []
      : [invalid("addressType", next.addressType, "field is immutable")]),
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
  for (const [i, { addresses }] of (slice.endpoints ?? []).entries()) {
    if ((addresses ?? []).length === 0)
      errors.push(required(`endpoints[${i}].addresses`, "must contain at least 1 address"));
  }
  return errors;
}

function limited(values: readonly string[]): string {
  return values.length > 3 ? `${values.slice(0, 3).join(",")} + ${values.length - 3} more...` : values.join(",");
}
