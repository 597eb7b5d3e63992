/** IP: one local address made reachable for peers. Upstream: apis/ipam/v1alpha1/ip_types.go */
import type { ServiceSpec } from "kubernetes-types/core/v1";
import { cidr, ipv4, objectReference, templateMetadata } from "../schema/common.ts";
import { boolean, builtin, object, required, rules } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const IMMUTABLE = "self == oldSelf";
const address = rules(ipv4, { message: "IP field is immutable", rule: IMMUTABLE });

export const ips = defineKind({
  group: "ipam.liqo.io",
  version: "v1alpha1",
  kind: "IP",
  plural: "ips",
  description: "A local address that is mapped to one of the external CIDR (or of another Network).",
  spec: required(
    object({
      ip: required(address),
      masquerade: boolean(),
      networkRef: objectReference,
      serviceTemplate: object({ metadata: templateMetadata, spec: builtin<ServiceSpec>("core/v1.ServiceSpec") }),
    }),
  ),
  status: object({ cidr: rules(cidr, { message: "CIDR field is immutable", rule: IMMUTABLE }), ip: address }),
  subresources: "status",
  columns: [
    { name: "Local IP", type: "string", jsonPath: ".spec.ip" },
    { name: "Remapped IP", type: "string", jsonPath: ".status.ip" },
    { name: "Remapped IP CIDR", type: "string", jsonPath: ".status.cidr" },
    AGE,
  ],
});

export type IP = ObjectOfKind<typeof ips>;
