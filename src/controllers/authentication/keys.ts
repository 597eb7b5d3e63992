/** The cluster's own key pair, made once and never leaving the cluster. Upstream: pkg/liqo-controller-manager/authentication/keys.go */
import type { Context } from "#base/context.ts";
import { base64, unbase64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { generateKeyPair, publicKeyOf } from "#pki/keys.ts";

export interface ClusterKeys {
  /** PKCS8 PEM. */
  readonly privateKey: string;
  /** SPKI PEM. */
  readonly publicKey: string;
}

/** The key pair of the Secret `authentication-keys`, created when it is missing. */
export async function ensureClusterKeys(ctx: Context, client: KubeClient, namespace: string): Promise<ClusterKeys> {
  const key = { namespace, name: KEYS_SECRET };
  const found = await client.find(ctx, secrets, key);
  if (found?.data?.["privateKey"] !== undefined) {
    const privateKey = unbase64(found.data["privateKey"]);
    return { privateKey, publicKey: publicKeyOf(privateKey) };
  }
  const keys = generateKeyPair("ed25519");
  const data = { privateKey: base64(keys.privateKey), publicKey: base64(keys.publicKey) };
  try {
    await client.create(ctx, secrets, { metadata: key, type: "Opaque", data });
  } catch (error) {
    // Another replica was first: its keys count.
    if (isAlreadyExists(error)) return ensureClusterKeys(ctx, client, namespace);
    throw error;
  }
  return keys;
}
