/** What an authentication leaves at consumer and provider, taken back. Upstream: pkg/liqoctl/unauthenticate */
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { NONCE_SECRET, SIGNED_NONCE_SECRET } from "#forge/names.ts";
import { secrets } from "#machinery/builtin.ts";
import { CONTROL_PLANE_SELECTOR } from "#trust/control-plane-secret.ts";
import { unlessForbidden } from "../../checks/rights.ts";
import { waitForNone } from "../../cluster.ts";
import type { Printer } from "../../printer/printer.ts";
import { giveUpWhenSilent } from "../gone.ts";
import { type Kinds, type RemovalOptions, removeAll, type Which } from "../remove-all.ts";
import { ofPeer, ownOf, type Side } from "../side.ts";

/** At a consumer. A provider that is silent for 10 s meanwhile is given up. */
export async function removeIdentity(
  ctx: Context,
  printer: Printer,
  side: Side,
  { timeoutMs }: RemovalOptions,
): Promise<void> {
  const { cluster, peerId, namespace, scope } = side;
  const { client } = cluster;
  const own = ownOf(side);
  const meanwhile = giveUpWhenSilent(ctx, cluster, peerId);
  const noneOf = async (kinds: Kinds, which: Which): Promise<void> => {
    for (const resource of kinds) await waitForNone(ctx, client, resource, which, timeoutMs, meanwhile);
  };
  await printer.step(scope, "Identity removed", async () => {
    await removeAll(ctx, client, identities, own);
    await noneOf([identities], own);
    // They wait for the peer, and with its identity the last means of telling it anything goes.
    const sent = `${labels.REPLICATION}=true,${labels.REMOTE_ID}=${peerId},${labels.REPLICATED}!=true`;
    await noneOf([namespaceMaps, renews], { namespace, labelSelector: sent });
    await noneOf([secrets], { namespace, labelSelector: `${CONTROL_PLANE_SELECTOR},${ofPeer(peerId)}` });
    await client.deleteIfPresent(ctx, secrets, { namespace, name: SIGNED_NONCE_SECRET });
  });
}

/** At a provider: the consumer's account, and with it all that it has asked for. */
export async function removeTenant(ctx: Context, printer: Printer, side: Side, options: RemovalOptions): Promise<void> {
  const { cluster, peerId, namespace, scope } = side;
  await printer.step(scope, "Tenant removed", async () => {
    const own = { labelSelector: ofPeer(peerId), namespace };
    await removeAll(ctx, cluster.client, tenants, own);
    await waitForNone(ctx, cluster.client, tenants, own, options.timeoutMs);
    // That of a peering user stays for the next time: the user could not make another.
    await unlessForbidden(cluster.client.deleteIfPresent(ctx, secrets, { namespace, name: NONCE_SECRET }));
  });
}
