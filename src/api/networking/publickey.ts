/** PublicKey: a peer's WireGuard public key. Upstream: apis/networking/v1beta1/publickey_types.go */

import { bytes } from "../schema/common.ts";
import { object } from "../schema/dsl.ts";
import { defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const publicKeys = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "PublicKey",
  // Upstream's spelling.
  plural: "publickeies",
  shortNames: ["pk", "pkies", "pkey"],
  description: "The public key of a peer's gateway.",
  spec: object({ publicKey: bytes }),
});

export type PublicKey = ObjectOfKind<typeof publicKeys>;
