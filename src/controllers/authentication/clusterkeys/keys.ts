/** The cluster's own key pair, as controllers read it. Upstream: pkg/liqo-controller-manager/authentication/keys.go */
import type { Secret } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { unbase64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { publicKeyOf } from "#pki/keys.ts";

export interface ClusterKeys {
  /** PKCS8 PEM. */
  readonly privateKey: string;
  /** SPKI PEM. */
  readonly publicKey: string;
}

/** Throws while there is no Secret: `clusterKeysController` is about to make it. */
export async function readClusterKeys(ctx: Context, client: KubeClient, namespace: string): Promise<ClusterKeys> {
  const privateKey = privateKeyIn(await client.find(ctx, secrets, { namespace, name: KEYS_SECRET }));
  if (privateKey === undefined) throw new Error(`Secret ${namespace}/${KEYS_SECRET} holds no privateKey yet`);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

export function privateKeyIn(secret: Secret | undefined): string | undefined {
  const encoded = secret?.data?.["privateKey"];
  return encoded === undefined ? undefined : unbase64(encoded);
}
