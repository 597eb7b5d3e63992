/** The authentication part of peering: nonce, tenant, identity. Upstream: pkg/liqoctl/authenticate */

import { identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import type { Context } from "#base/context.ts";
import {
  forgeControlPlaneIdentity,
  forgeNonceSecret,
  forgeSignedNonceSecret,
  forgeTenant,
  unbase64,
} from "#forge/authentication.ts";
import {
  CONTROL_PLANE_GROUP,
  controlPlaneIdentityName,
  KEYS_SECRET,
  NONCE_SECRET,
  SIGNED_NONCE_SECRET,
} from "#forge/names.ts";
import { secrets } from "#machinery/builtin.ts";
import { createCsr } from "#pki/csr.ts";
import { publicKeyOf } from "#pki/keys.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import type { Side } from "./side.ts";

/** Gives the consumer an identity at the provider. Repeatable. */
export async function authenticate(
  ctx: Context,
  printer: Printer,
  consumer: Side,
  provider: Side,
  proxyUrl: string | undefined,
  timeoutMs: number,
): Promise<void> {
  const nonce = await printer.step(provider.scope, "Nonce generated", () =>
    ensureNonce(ctx, consumer, provider, timeoutMs),
  );
  const signature = await printer.step(consumer.scope, "Nonce signed", () =>
    signedNonce(ctx, consumer, provider, nonce, timeoutMs),
  );
  await printer.step(provider.scope, "Tenant accepted", async () => {
    const tenant = forgeTenant({
      consumerId: consumer.id,
      namespace: provider.namespace,
      signature,
      ...(await request(ctx, consumer)),
      ...(proxyUrl !== undefined && { proxyUrl }),
    });
    const key = { namespace: provider.namespace, name: consumer.id };
    // The request is made anew at each run and the certificate belongs to the first one: what is there stays.
    if ((await provider.cluster.client.find(ctx, tenants, key)) === undefined)
      await provider.cluster.client.create(ctx, tenants, tenant);
    await waitFor(ctx, provider.cluster.client, tenants, key, {
      until: (found) => found?.status?.authParams !== undefined && found.status.tenantNamespace !== undefined,
      timeoutMs,
      what: "not authenticated; see the Tenant's events",
    });
  });
  await printer.step(consumer.scope, "Identity created", async () => {
    const tenant = await provider.cluster.client.get(ctx, tenants, {
      namespace: provider.namespace,
      name: consumer.id,
    });
    const params = tenant.status?.authParams;
    if (params === undefined) throw new CliError(`Tenant ${consumer.id} has no status.authParams`);
    const identity = forgeControlPlaneIdentity(
      provider.id,
      consumer.namespace,
      tenant.status?.tenantNamespace ?? provider.namespace,
      params,
    );
    await consumer.cluster.client.apply(ctx, identities, identity);
    await waitFor(
      ctx,
      consumer.cluster.client,
      identities,
      { namespace: consumer.namespace, name: controlPlaneIdentityName(provider.id) },
      {
        until: (found) => (found?.status?.kubeconfigSecretRef?.name ?? "") !== "",
        timeoutMs,
        what: "no kubeconfig",
      },
    );
  });
}

async function ensureNonce(ctx: Context, consumer: Side, provider: Side, timeoutMs: number): Promise<string> {
  await provider.cluster.client.createIfAbsent(ctx, secrets, forgeNonceSecret(provider.namespace, consumer.id));
  const secret = await waitFor(
    ctx,
    provider.cluster.client,
    secrets,
    { namespace: provider.namespace, name: NONCE_SECRET },
    {
      until: (found) => found?.data?.["nonce"] !== undefined,
      timeoutMs,
      what: "no nonce was generated; is liqo-controller-manager running?",
    },
  );
  return secret?.data?.["nonce"] ?? "";
}

async function signedNonce(
  ctx: Context,
  consumer: Side,
  provider: Side,
  nonce: string,
  timeoutMs: number,
): Promise<string> {
  const key = { namespace: consumer.namespace, name: SIGNED_NONCE_SECRET };
  const found = await consumer.cluster.client.find(ctx, secrets, key);
  // Left over from an earlier peering with the same provider: the nonce that counts is the provider's.
  if (found !== undefined && found.data?.["nonce"] !== nonce)
    await consumer.cluster.client.deleteIfPresent(ctx, secrets, key, { uid: found.metadata?.uid ?? "" });
  await consumer.cluster.client.createIfAbsent(
    ctx,
    secrets,
    forgeSignedNonceSecret(consumer.namespace, provider.id, nonce),
  );
  const secret = await waitFor(ctx, consumer.cluster.client, secrets, key, {
    until: (object) => object?.data?.["nonce"] === nonce && object.data["signedNonce"] !== undefined,
    timeoutMs,
    what: "the nonce was not signed; is liqo-controller-manager running?",
  });
  return secret?.data?.["signedNonce"] ?? "";
}

/** The consumer's request, made by its administrator with the cluster's own key; the key itself goes nowhere. */
async function request(ctx: Context, consumer: Side): Promise<{ csr: string; publicKey: string }> {
  const secret = await consumer.cluster.client.get(ctx, secrets, {
    namespace: consumer.cluster.liqoNamespace,
    name: KEYS_SECRET,
  });
  const privateKey = unbase64(secret.data?.["privateKey"] ?? "");
  const csr = await createCsr(privateKey, { commonName: consumer.id, organizations: [CONTROL_PLANE_GROUP] });
  return { csr, publicKey: publicKeyOf(privateKey) };
}
