/** Network policies. Kubernetes: pkg/registry/networking/networkpolicy, pkg/apis/networking/validation */
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { networkPolicies } from "#machinery/builtin.ts";
import { type FieldError, forbidden, notSupported, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, selectorText, table } from "../columns.ts";
import { validateCidr, validatePort, validateSelector } from "../validation.ts";

const POLICY_TYPES = ["Ingress", "Egress"];
const PROTOCOLS = ["TCP", "UDP", "SCTP"];

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
  validate: validatePolicy,
  validateUpdate: validatePolicy,
  table: table<NetworkPolicy>([{ name: "Pod-Selector", value: ({ spec }) => selectorText(spec?.podSelector) }, age()]),
});

function validatePolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors = validateSelector(spec?.podSelector, "spec.podSelector");
  for (const [i, { ports = [], from = [] }] of (spec?.ingress ?? []).entries())
    errors.push(...validateRule(ports, from, { at: `spec.ingress[${i}]`, field: "from" }));
  for (const [i, { ports = [], to = [] }] of (spec?.egress ?? []).entries())
    errors.push(...validateRule(ports, to, { at: `spec.egress[${i}]`, field: "to" }));
  for (const [i, type] of (spec?.policyTypes ?? []).entries())
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES));
  return errors;
}

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  { at, field }: { readonly at: string; readonly field: "from" | "to" },
): FieldError[] {
  return [
    ...ports.flatMap(({ port, protocol }, i) => [
      ...(protocol === undefined || PROTOCOLS.includes(protocol)
        ? []
        : [notSupported(`${at}.ports[${i}].protocol`, protocol, PROTOCOLS)]),
      ...(port === undefined ? [] : validatePort(port, `${at}.ports[${i}].port`)),
    ]),
    ...peers.flatMap((peer, i) => validatePeer(peer, `${at}.${field}[${i}]`)),
  ];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, at: string): FieldError[] {
  const selectors = [podSelector, namespaceSelector].filter((selector) => selector !== undefined);
  const errors = [
    ...validateSelector(podSelector, `${at}.podSelector`),
    ...validateSelector(namespaceSelector, `${at}.namespaceSelector`),
  ];
  if (ipBlock === undefined) return selectors.length === 0 ? [required(at, "must specify a peer")] : errors;
  const { cidr = "", except = [] } = ipBlock;
  errors.push(...(cidr === "" ? [required(`${at}.ipBlock.cidr`)] : validateCidr(cidr, `${at}.ipBlock.cidr`)));
  errors.push(...except.flatMap((block, i) => validateCidr(block, `${at}.ipBlock.except[${i}]`)));
  if (selectors.length > 0) errors.push(forbidden(at, "may not specify both ipBlock and another peer"));
  return errors;
}
