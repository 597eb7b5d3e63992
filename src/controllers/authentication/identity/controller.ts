/**
 * Makes a kubeconfig Secret of each Identity, and a Renew of each control-plane one. Writes Identities, Secrets and Renews.
 * Upstream: pkg/liqo-controller-manager/authentication/identity-controller
 */
import type { Secret } from "kubernetes-types/core/v1";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type Renew, renews } from "#api/authentication/renew.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { forgeKubeconfigSecret, forgeRenew } from "#forge/authentication.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { readClusterKeys } from "../clusterkeys/keys.ts";
import { planIdentity } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly identities: Informer<Identity>;
  readonly secrets: Informer<Secret>;
  readonly renews: Informer<Renew>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
}

export function identityController(deps: Deps): Controller {
  const work: Work = {
    deps,
    identities: deps.informers.for(identities),
    secrets: deps.informers.for(secrets, { labelSelector: labels.IDENTITY_TYPE }),
    renews: deps.informers.for(renews),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("identity-controller"),
  };
  return {
    name: "identity",
    watches: [
      watchFor(work.identities),
      watchOwned(work.secrets, "Identity"),
      watchOwned(work.renews, "Identity"),
      work.tenants.watch((namespace) => work.identities.store.list(namespace).map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, events } = work;
  const identity = work.identities.store.get(key);
  const seen = { identity, renew: work.renews.store.get(key), peer: work.tenants.peerOf(key.namespace) };
  const plan = planIdentity(seen);
  if (identity === undefined) return DONE;
  switch (plan.do) {
    case "nothing":
      return DONE;
    case "misplaced":
      events.warning(ctx, identity, "WrongNamespace", notTenantNamespaceOf(identity.spec?.clusterID, key.namespace));
      return DONE;
    case "refuse":
      events.warning(ctx, identity, "InvalidAuthParams", plan.problem);
      return DONE;
    case "renew":
      await deps.client.patch(ctx, identities, key, "merge", { spec: { authParams: plan.authParams } });
      return DONE;
    case "ensure":
      await ensureSecret(ctx, work, identity);
      if (plan.isRenewMissing) await deps.client.apply(ctx, renews, forgeRenew(identity, deps.settings.clusterId));
      return DONE;
  }
}

async function ensureSecret(
  ctx: Context,
  { deps, secrets: informer, events }: Work,
  identity: Identity,
): Promise<void> {
  const { privateKey } = await readClusterKeys(ctx, deps.client, deps.settings.liqoNamespace);
  const secret = forgeKubeconfigSecret(identity, privateKey, GLOBAL_LABELS);
  if (informer.store.get(keyOf(secret))?.data?.["kubeconfig"] !== secret.data?.["kubeconfig"]) {
    await deps.client.apply(ctx, secrets, secret);
    events.normal(ctx, identity, "KubeconfigEnsured", "Kubeconfig secret ensured");
  }
  const { name = "" } = secret.metadata ?? {};
  if (identity.status?.kubeconfigSecretRef?.name === name) return;
  const body = { status: { kubeconfigSecretRef: { name } } };
  await deps.client.patch(ctx, identities, keyOf(identity), "merge", body, { subresource: "status" });
}
