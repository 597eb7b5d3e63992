/** WireGuard keys of a gateway: raw 32-byte X25519 keys in a Secret. Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard/utils.go */
import { generateKeyPairSync } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { controllerReference, type KubeObject } from "#machinery/meta.ts";

export function forgeKeysSecret(gateway: KubeObject): Secret {
  const { name = "", namespace = "", labels: own } = gateway.metadata ?? {};
  const { controller: _c, blockOwnerDeletion: _b, ...owner } = controllerReference(gateway);
  return {
    metadata: {
      name: `gw-${name}`,
      namespace,
      labels: {
        ...GLOBAL_LABELS,
        [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "",
        [labels.GATEWAY_RESOURCE]: "true",
      },
      ownerReferences: [owner],
    },
    type: "Opaque",
    data: rawKeyPair(),
  };
}

function rawKeyPair(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync("x25519");
  const { d = "", x = "" } = privateKey.export({ format: "jwk" });
  const raw = (text: string): string => Buffer.from(text, "base64url").toString("base64");
  return { privateKey: raw(d), publicKey: raw(x) };
}
