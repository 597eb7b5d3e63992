/** The nonce by which a consumer proves its key to a provider. Upstream: pkg/liqo-controller-manager/authentication/utils/nonce.go */
import type { Context } from "#base/context.ts";
import { forgeNonceSecret, forgeSignedNonceSecret } from "#forge/authentication.ts";
import { NONCE_SECRET, SIGNED_NONCE_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { unlessForbidden } from "../../checks/rights.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Side } from "../side.ts";

/** Has the provider make one for its peer, unless there is one; base64, as it stands in the Secret. Repeatable. */
export async function ensureNonce(
  ctx: Context,
  { cluster: { client }, namespace, peerId }: Side,
  timeoutMs: number,
): Promise<string> {
  const key = { namespace, name: NONCE_SECRET };
  // A peering user finds one, and may make none.
  if (!(await hasNonceSecret(ctx, client, namespace)))
    await client.createIfAbsent(ctx, secrets, forgeNonceSecret(namespace, peerId));
  const secret = await waitFor(ctx, client, secrets, key, {
    until: (found) => found?.data?.["nonce"] !== undefined,
    timeoutMs,
    what: "no nonce was generated; is liqo-controller-manager running?",
  });
  return secret?.data?.["nonce"] ?? "";
}

/** False, too, for whom it is not shown. */
export async function hasNonceSecret(ctx: Context, client: KubeClient, namespace: string): Promise<boolean> {
  return (await unlessForbidden(client.find(ctx, secrets, { namespace, name: NONCE_SECRET }))) !== undefined;
}

/** As ensureNonce, changing nothing. Throws a CliError when there is none. */
export async function requireNonce(ctx: Context, { cluster, namespace, peerId }: Side): Promise<string> {
  const secret = await cluster.client.find(ctx, secrets, { namespace, name: NONCE_SECRET });
  const nonce = secret?.data?.["nonce"];
  if (nonce !== undefined) return nonce;
  throw new CliError(`there is no nonce for ${peerId}`, {
    hint: `make one with \`liqoctl create nonce --remote-cluster-id ${peerId}\``,
  });
}

/**
 * Has the consumer sign the nonce of its peer; base64 of the signature. `nonce` is as it stands in the provider's Secret;
 * undefined: the one that was signed before. Repeatable.
 */
export async function signNonce(
  ctx: Context,
  { cluster: { client }, namespace, peerId }: Side,
  nonce: string | undefined,
  timeoutMs: number,
): Promise<string> {
  const key = { namespace, name: SIGNED_NONCE_SECRET };
  const found = await client.find(ctx, secrets, key);
  const wanted = nonce ?? found?.data?.["nonce"];
  if (wanted === undefined)
    throw new CliError(`there is no nonce of ${peerId} to sign`, {
      hint: "give the one that `liqoctl create nonce` prints there, by --nonce",
    });
  // Left over from an earlier peering with the same provider: the nonce that counts is the provider's.
  if (found !== undefined && found.data?.["nonce"] !== wanted) await client.deleteObserved(ctx, secrets, found);
  await client.createIfAbsent(ctx, secrets, forgeSignedNonceSecret(namespace, peerId, wanted));
  const secret = await waitFor(ctx, client, secrets, key, {
    until: (object) => object?.data?.["nonce"] === wanted && object.data["signedNonce"] !== undefined,
    timeoutMs,
    what: `the nonce was not signed; its events (\`kubectl describe secret -n ${namespace} ${SIGNED_NONCE_SECRET}\`) say why`,
  });
  return secret?.data?.["signedNonce"] ?? "";
}
