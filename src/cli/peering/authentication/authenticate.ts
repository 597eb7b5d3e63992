/** The authentication part of peering: nonce, tenant, identity. Upstream: pkg/liqoctl/authenticate */
import { identities } from "#api/authentication/identity.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { unlessForbidden } from "../../checks/rights.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import type { Side } from "../side.ts";
import { ensureNonce, signNonce } from "./nonce.ts";
import { inBandProxyUrl } from "./proxy.ts";
import { findTenant, identityFor, isAdmitted, tenantFor } from "./tenant.ts";

export interface AuthenticationOptions {
  /** Through the tunnel, which must be on its way. */
  readonly inBand: boolean;
  /** Comes before. */
  readonly proxyUrl: string | undefined;
  readonly timeoutMs: number;
}

/** Gives the consumer an identity at the provider. Repeatable. */
export async function authenticate(
  ctx: Context,
  printer: Printer,
  consumer: Side,
  provider: Side,
  options: AuthenticationOptions,
): Promise<void> {
  const { timeoutMs } = options;
  const proxyUrl =
    options.inBand && options.proxyUrl === undefined
      ? await printer.step(provider.scope, "API server proxy found", () =>
          inBandProxyUrl(ctx, consumer, provider, timeoutMs),
        )
      : options.proxyUrl;
  const nonce = await printer.step(provider.scope, "Nonce generated", () => ensureNonce(ctx, provider, timeoutMs));
  const signature = await printer.step(consumer.scope, "Nonce signed", () =>
    signNonce(ctx, consumer, nonce, timeoutMs),
  );
  const tenant = await printer.step(provider.scope, "Tenant accepted", async () => {
    const wanted = await tenantFor(ctx, consumer.cluster, {
      consumerId: provider.peerId,
      namespace: provider.namespace,
      signature,
      proxyUrl,
    });
    return ensureTenant(ctx, provider, wanted, timeoutMs);
  });
  await printer.step(consumer.scope, "Identity created", () =>
    ensureIdentity(ctx, consumer, identityFor(tenant, consumer.peerId, consumer.namespace), timeoutMs),
  );
}

async function ensureTenant(ctx: Context, provider: Side, wanted: Tenant, timeoutMs: number): Promise<Tenant> {
  const { client } = provider.cluster;
  const found = await findTenant(ctx, provider);
  // The request is made anew at each run and the certificate belongs to the first one: what is there stays.
  if (found === undefined) await client.create(ctx, tenants, wanted);
  else requireSameKey(found, wanted);
  // How the API server is reached is no part of what was signed. Who does not say it now has said it before.
  const proxyURL = wanted.spec?.proxyURL ?? found?.spec?.proxyURL ?? "";
  if (found !== undefined && (found.spec?.proxyURL ?? "") !== proxyURL) await changeProxy(ctx, client, found, proxyURL);
  const tenant = await waitFor(ctx, client, tenants, keyOf(found ?? wanted), {
    until: (seen) => isAdmitted(seen) && (seen?.status?.authParams?.proxyURL ?? "") === proxyURL,
    timeoutMs,
    what: "not authenticated; see the Tenant's events",
  });
  return tenant ?? wanted;
}

/** A peering user changes no Tenant. */
async function changeProxy(ctx: Context, client: KubeClient, tenant: Tenant, proxyURL: string): Promise<void> {
  const key = keyOf(tenant);
  if ((await unlessForbidden(client.patch(ctx, tenants, key, "merge", { spec: { proxyURL } }))) !== undefined) return;
  const before = (tenant.spec?.proxyURL ?? "") === "" ? "without a proxy" : `by ${tenant.spec?.proxyURL}`;
  throw new CliError(`this user cannot change Tenant ${formatKey(key)}, whose peering was made ${before}`, {
    hint: "`liqoctl unpeer` first, then again; or use the kubeconfig of an administrator",
  });
}

/** A cluster that was made anew under its old id has another key. */
function requireSameKey({ metadata, spec }: Tenant, wanted: Tenant): void {
  if (spec?.publicKey === undefined || spec.publicKey === wanted.spec?.publicKey) return;
  throw new CliError(`Tenant ${metadata?.namespace}/${metadata?.name} is there with another key`, {
    hint: "it is of an earlier peering: `liqoctl unpeer` removes it; then again",
  });
}

async function ensureIdentity(
  ctx: Context,
  { cluster: { client } }: Side,
  identity: ReturnType<typeof identityFor>,
  timeoutMs: number,
): Promise<void> {
  await client.apply(ctx, identities, identity);
  await waitFor(ctx, client, identities, keyOf(identity), {
    until: (found) => (found?.status?.kubeconfigSecretRef?.name ?? "") !== "",
    timeoutMs,
    what: "no kubeconfig",
  });
}
