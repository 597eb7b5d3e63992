/** The key pair of a cluster, where controllers look for it, for their unit tests. */
import type { Context } from "#base/context.ts";
import { base64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { generateKeyPair } from "#pki/keys.ts";

/** In Liqo's namespace of `controllerDeps`. */
export async function createClusterKeys(ctx: Context, client: KubeClient): Promise<void> {
  const { privateKey, publicKey } = generateKeyPair("ed25519");
  const data = { privateKey: base64(privateKey), publicKey: base64(publicKey) };
  await client.create(ctx, secrets, { metadata: { namespace: "default", name: KEYS_SECRET }, data });
}
