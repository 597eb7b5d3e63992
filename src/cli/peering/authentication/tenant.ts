/** The Tenant by which a consumer asks to be let in, and the Identity that it is given. Upstream: pkg/liqo-controller-manager/authentication/utils */
import type { Identity } from "#api/authentication/identity.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import type { Context } from "#base/context.ts";
import { forgeControlPlaneIdentity, forgeTenant, unbase64 } from "#forge/authentication.ts";
import { CONTROL_PLANE_GROUP, KEYS_SECRET } from "#forge/names.ts";
import { secrets } from "#machinery/builtin.ts";
import { createCsr } from "#pki/csr.ts";
import { publicKeyOf } from "#pki/keys.ts";
import type { Cluster } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { ofPeer, type Side } from "../side.ts";

export interface Request {
  readonly consumerId: string;
  /** At the provider; undefined: left to whoever applies it. */
  readonly namespace: string | undefined;
  /** base64 */
  readonly signature: string;
  readonly proxyUrl: string | undefined;
}

/** The request of a cluster, made with its own key; the key itself goes nowhere. */
export async function tenantFor(ctx: Context, { client, liqoNamespace }: Cluster, request: Request): Promise<Tenant> {
  const { consumerId, namespace, signature, proxyUrl } = request;
  const secret = await client.find(ctx, secrets, { namespace: liqoNamespace, name: KEYS_SECRET });
  if (secret === undefined)
    throw new CliError(`cluster ${consumerId} has no key yet: Secret ${liqoNamespace}/${KEYS_SECRET} is missing`, {
      hint: "wait until its liqo-controller-manager is ready, which makes it",
    });
  const privateKey = unbase64(secret.data?.["privateKey"] ?? "");
  const csr = await createCsr(privateKey, { commonName: consumerId, organizations: [CONTROL_PLANE_GROUP] });
  return forgeTenant({
    consumerId,
    namespace,
    signature,
    csr,
    publicKey: publicKeyOf(privateKey),
    ...(proxyUrl !== undefined && { proxyUrl }),
  });
}

/** That of the side's peer. Throws a CliError when there are more. */
export async function findTenant(ctx: Context, { cluster, namespace, peerId }: Side): Promise<Tenant | undefined> {
  const { items } = await cluster.client.list(ctx, tenants, { namespace, labelSelector: ofPeer(peerId) });
  if (items.length < 2) return items[0];
  throw new CliError(`namespace ${namespace} has ${items.length} Tenants of ${peerId}`, {
    hint: `there may be one: remove the others with \`kubectl delete tenant -n ${namespace}\``,
  });
}

/** Whether the provider has let the consumer in. */
export function isAdmitted(tenant: Tenant | undefined): boolean {
  return tenant?.status?.authParams !== undefined && tenant.status.tenantNamespace !== undefined;
}

/** What the consumer needs of the provider. Throws a CliError when it has not been let in. */
export function identityFor(tenant: Tenant, providerId: string, namespace: string | undefined): Identity {
  const { authParams, tenantNamespace } = tenant.status ?? {};
  const { name, namespace: own } = tenant.metadata ?? {};
  if (authParams === undefined)
    throw new CliError(`Tenant ${own}/${name} has not been accepted`, {
      hint: `\`kubectl describe tenant -n ${own} ${name}\` says why`,
    });
  return forgeControlPlaneIdentity(providerId, namespace, tenantNamespace ?? own ?? "", authParams);
}
