/** Makes a kubeconfig Secret of each Identity, and a Renew of each control-plane one. Upstream: pkg/liqo-controller-manager/authentication/identity-controller */
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import * as labels from "#api/labels.ts";
import { forgeKubeconfigSecret, forgeRenew } from "#forge/authentication.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { authParamsProblem } from "#forge/provider/auth-params.ts";
import { type Controller, DONE, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { ensureClusterKeys } from "../keys.ts";

export function identityController(deps: Deps): Controller {
  const informer = deps.informers.for(identities);
  const owned = deps.informers.for(secrets, { labelSelector: labels.IDENTITY_TYPE });
  const renewInformer = deps.informers.for(renews);
  const events = deps.events("identity-controller");
  return {
    name: "identity",
    watches: [watchFor(informer), watchOwned(owned, "Identity"), watchOwned(renewInformer, "Identity")],
    reconcile: async (ctx, key) => {
      const identity = informer.store.get(key);
      if (identity === undefined || identity.metadata?.deletionTimestamp !== undefined) return DONE;
      const renewed = renewInformer.store.get(key)?.status?.authParams;
      const isNew = (identity.spec?.authParams?.signedCRT ?? "") === "";
      const problem = authParamsProblem(renewed) ?? (isNew ? undefined : authParamsProblem(identity.spec?.authParams));
      if (problem !== undefined) {
        events.warning(ctx, identity, "InvalidAuthParams", problem);
        return DONE;
      }
      if (renewed !== undefined && renewed.signedCRT !== identity.spec?.authParams?.signedCRT) {
        await deps.client.patch(ctx, identities, key, "merge", { spec: { authParams: renewed } });
        return DONE;
      }
      if (isNew) return DONE;
      const { privateKey } = await ensureClusterKeys(ctx, deps.client, deps.settings.liqoNamespace);
      const secret = forgeKubeconfigSecret(identity, privateKey, GLOBAL_LABELS);
      if (owned.store.get(keyOf(secret))?.data?.["kubeconfig"] !== secret.data?.["kubeconfig"]) {
        await deps.client.apply(ctx, secrets, secret);
        events.normal(ctx, identity, "KubeconfigEnsured", "Kubeconfig secret ensured");
      }
      const name = secret.metadata?.name ?? "";
      if (identity.status?.kubeconfigSecretRef?.name !== name) {
        await deps.client.patch(
          ctx,
          identities,
          key,
          "merge",
          { status: { kubeconfigSecretRef: { name } } },
          { subresource: "status" },
        );
      }
      if (identity.spec?.type === "ControlPlane" && renewInformer.store.get(key) === undefined) {
        await deps.client.apply(ctx, renews, forgeRenew(identity, deps.settings.clusterId));
      }
      return DONE;
    },
  };
}
