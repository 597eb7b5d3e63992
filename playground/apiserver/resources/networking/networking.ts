/** Ingresses, network policies and endpoint slices. Kubernetes: pkg/registry/{networking,discovery} */
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Ingress, IngressClass, NetworkPolicy } from "kubernetes-types/networking/v1";
import { endpointSlices, ingressClasses, ingresses, networkPolicies } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, pairs, table } from "../columns.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

export const ingressStrategy = anyStrategy<Ingress>({
  resource: ingresses,
  singular: "ingress",
  shortNames: ["ing"],
  status: true,
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: ({ spec }) =>
    spec?.defaultBackend === undefined && (spec?.rules ?? []).length === 0
      ? [invalid("spec", spec?.rules ?? null, "either `defaultBackend` or `rules` must be specified")]
      : [],
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
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.policyTypes ??= (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
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
    for (const port of slice.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate: validateSlice,
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
