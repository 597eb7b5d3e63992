/** Network: a CIDR to be allocated, remapped when it collides. Upstream: apis/ipam/v1alpha1/network_types.go */

import { cidr } from "../schema/common.ts";
import { integer, object, required, rules } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const IMMUTABLE = "self == oldSelf";

export const networks = defineKind({
  group: "ipam.liqo.io",
  version: "v1alpha1",
  kind: "Network",
  plural: "networks",
  shortNames: ["net"],
  description: "A CIDR that this cluster uses or sees, and the CIDR it was given.",
  spec: required(
    object({
      cidr: required(rules(cidr, { message: "CIDR field is immutable", rule: IMMUTABLE })),
      preAllocated: rules(integer("int32", { minimum: 0 }), {
        message: "PreAllocated field is immutable",
        rule: IMMUTABLE,
      }),
    }),
  ),
  status: object({ cidr }),
  subresources: "status",
  columns: [
    { name: "Desired CIDR", type: "string", jsonPath: ".spec.cidr" },
    { name: "Remapped CIDR", type: "string", jsonPath: ".status.cidr" },
    AGE,
  ],
});

export type Network = ObjectOfKind<typeof networks>;
