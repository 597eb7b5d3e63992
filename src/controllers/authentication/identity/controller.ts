/** Makes a kubeconfig Secret of each Identity, and a Renew of each control-plane one. Upstream: pkg/liqo-controller-manager/authentication/identity-controller */
import { type Identity, identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { forgeKubeconfigSecret, forgeRenew } from "#forge/authentication.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { authParamsProblem } from "#forge/provider/auth-params.ts";
import { type Controller, DONE, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { readClusterKeys } from "../clusterkeys/keys.ts";
import { isNewer } from "./newer.ts";

export function identityController(deps: Deps): Controller {
  const informer = deps.informers.for(identities);
  const owned = deps.informers.for(secrets, { labelSelector: labels.IDENTITY_TYPE });
  const renewInformer = deps.informers.for(renews);
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("identity-controller");
  return {
    name: "identity",
    watches: [
      watchFor(informer),
      watchOwned(owned, "Identity"),
      watchOwned(renewInformer, "Identity"),
      tenants.watch((namespace) => informer.store.list(namespace).map(keyOf)),
    ],
    reconcile: async (ctx, key) => {
      const identity = informer.store.get(key);
      if (identity === undefined || identity.metadata?.deletionTimestamp !== undefined) return DONE;
      if (tenants.peerOf(key.namespace) !== identity.spec?.clusterID) {
        // The Secret would hold the cluster's private key: it belongs where only Liqo and administrators are.
        events.warning(ctx, identity, "WrongNamespace", notTenantNamespaceOf(identity.spec?.clusterID, key.namespace));
        return DONE;
      }
      const renew = renewInformer.store.get(key);
      // A peer replicates Renews into the same namespace, under names of its choice.
      const isOwn = renew !== undefined && controllerOf(renew)?.uid === identity.metadata?.uid;
      const renewed = isOwn ? renew.status?.authParams : undefined;
      const isNew = (identity.spec?.authParams?.signedCRT ?? "") === "";
      const problem = authParamsProblem(renewed) ?? (isNew ? undefined : authParamsProblem(identity.spec?.authParams));
      if (problem !== undefined) {
        events.warning(ctx, identity, "InvalidAuthParams", problem);
        return DONE;
      }
      if (renewed !== undefined && isNewer(renewed, identity.spec?.authParams)) {
        await deps.client.patch(ctx, identities, key, "merge", { spec: { authParams: renewed } });
        return DONE;
      }
      if (isNew) return DONE;
      const secret = forgeKubeconfigSecret(identity, await privateKeyOf(ctx, deps), GLOBAL_LABELS);
      if (owned.store.get(keyOf(secret))?.data?.["kubeconfig"] !== secret.data?.["kubeconfig"]) {
        await deps.client.apply(ctx, secrets, secret);
        events.normal(ctx, identity, "KubeconfigEnsured", "Kubeconfig secret ensured");
      }
      await nameSecret(ctx, deps, identity, secret.metadata?.name ?? "");
      if (identity.spec?.type === "ControlPlane" && renew === undefined) {
        await deps.client.apply(ctx, renews, forgeRenew(identity, deps.settings.clusterId));
      }
      return DONE;
    },
  };
}

async function privateKeyOf(ctx: Context, deps: Deps): Promise<string> {
  return (await readClusterKeys(ctx, deps.client, deps.settings.liqoNamespace)).privateKey;
}

async function nameSecret(ctx: Context, deps: Deps, identity: Identity, name: string): Promise<void> {
  if (identity.status?.kubeconfigSecretRef?.name === name) return;
  const body = { status: { kubeconfigSecretRef: { name } } };
  await deps.client.patch(ctx, identities, keyOf(identity), "merge", body, { subresource: "status" });
}
