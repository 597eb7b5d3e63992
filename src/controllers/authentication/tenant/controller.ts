/**
 * Authenticates a consumer: checks signature and request, signs, gives the rights of its condition. Writes Tenants, bindings
 * and Secrets, annotates ResourceSlices, and deletes what the consumer asked for when it is drained or goes.
 * Upstream: pkg/liqo-controller-manager/authentication/tenant-controller
 */
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { renews } from "#api/authentication/renew.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { TENANT as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { forgeClusterwideBinding, forgeControlPlaneBinding } from "#forge/bindings.ts";
import { certificateSecretName, NONCE_SECRET } from "#forge/names.ts";
import { Applier } from "#kube/client/applier.ts";
import {
  type Controller,
  DONE,
  type Result,
  TerminalError,
  watchFor,
  watchMapped,
} from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { clusterRoleBindings, roleBindings, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts, watchAccounts, watchManagedSecrets } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { authParamsFor, ensureCertificate, renewalDelayMs } from "../certificate.ts";
import { handshakeProblem } from "./handshake.ts";
import { isWronglyMarked, type Plan, planTenant } from "./plan.ts";

type Admission = Extract<Plan, { do: "admit" }>;

interface Work {
  readonly deps: Deps;
  readonly tenants: Informer<Tenant>;
  readonly slices: Informer<ResourceSlice>;
  readonly accounts: ReturnType<typeof managedAccounts>;
  readonly tenantNamespaces: TenantNamespaces;
  readonly events: EventRecorder;
  readonly applier: Applier;
}

export function tenantController(deps: Deps): Controller {
  const work: Work = {
    deps,
    tenants: deps.informers.for(tenants),
    slices: deps.informers.for(resourceSlices),
    accounts: managedAccounts(deps),
    tenantNamespaces: new TenantNamespaces(deps.informers),
    events: deps.events("tenant-controller"),
    applier: new Applier(deps.client),
  };
  const tenantsIn = (namespace?: string): ObjectKey[] => work.tenants.store.list(namespace).map(keyOf);
  return {
    name: "tenant",
    watches: [
      watchFor(work.tenants),
      watchMapped(deps.informers.for(secrets, { labelSelector: labels.NONCE }), ({ metadata }) =>
        tenantsIn(metadata?.namespace),
      ),
      // One that arrives, or that somebody changes, while its tenant is cordoned.
      watchMapped(work.slices, (slice) =>
        work.tenants.store
          .list(slice.metadata?.namespace)
          .filter((tenant) => isReplica(slice) && isWronglyMarked(slice, tenant))
          .map(keyOf),
      ),
      work.tenantNamespaces.watch(tenantsIn),
      ...watchAccounts(deps, ({ metadata }) =>
        work.tenants.store
          .list()
          .filter((tenant) => bindingsOf(tenant).some((binding) => binding.metadata?.name === metadata?.name))
          .map(keyOf),
      ),
      watchManagedSecrets(deps, ({ metadata }) =>
        metadata?.name === certificateSecretName() ? tenantsIn(metadata.namespace) : [],
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

function bindingsOf(tenant: Tenant): KubeObject[] {
  return [forgeControlPlaneBinding(tenant), forgeClusterwideBinding(tenant.spec?.clusterID ?? "")];
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, events } = work;
  const found = await deps.client.find(ctx, tenants, key);
  const plan = planTenant(found, work.tenantNamespaces.peerOf(key.namespace));
  if (found === undefined || plan.do === "nothing") return DONE;
  if (plan.do === "release") {
    await release(ctx, deps, found, [resourceSlices, namespaceMaps, renews]);
    await removeFinalizer(ctx, deps.client, tenants, found, FINALIZER);
    return DONE;
  }
  if (plan.do === "misplaced") {
    events.warning(ctx, found, "WrongNamespace", notTenantNamespaceOf(found.spec?.clusterID, key.namespace));
    return DONE;
  }
  const tenant = await ensureFinalizer(ctx, deps.client, tenants, found, FINALIZER);
  if (plan.hasHandshake) await checkHandshake(ctx, work, tenant);
  const delayMs = await admit(ctx, work, tenant, plan);
  events.normal(ctx, tenant, "Reconciled", "Tenant reconciled");
  return delayMs === undefined ? DONE : { requeueAfterMs: delayMs };
}

async function checkHandshake(ctx: Context, { deps, events }: Work, tenant: Tenant): Promise<void> {
  const problem = await handshakeProblem(tenant, await findNonce(ctx, deps, tenant));
  if (problem === undefined) return;
  events.warning(ctx, tenant, problem.reason, problem.message);
  throw new TerminalError(`authenticate Tenant ${tenant.metadata?.name}: ${problem.message}`);
}

function findNonce(ctx: Context, deps: Deps, tenant: Tenant): Promise<Secret | undefined> {
  return deps.client.find(ctx, secrets, { namespace: tenant.metadata?.namespace ?? "", name: NONCE_SECRET });
}

/**
 * Binds, signs and reports; returns when the certificate is due for renewal. The consumer uses its identity as soon as the
 * status has it, so its rights are there before.
 */
async function admit(ctx: Context, work: Work, tenant: Tenant, plan: Admission): Promise<number | undefined> {
  const { deps } = work;
  if (plan.hasRights) await bind(ctx, work, tenant, plan);
  else await release(ctx, deps, tenant, [resourceSlices, namespaceMaps]);
  await markSlices(ctx, work, tenant, plan.isCordoned);
  return plan.hasHandshake ? await certify(ctx, deps, tenant) : await reportTenantNamespace(ctx, deps, tenant);
}

async function certify(ctx: Context, deps: Deps, tenant: Tenant): Promise<number> {
  const { namespace = "" } = tenant.metadata ?? {};
  const { clusterID: consumerId = "", csr = "", proxyURL } = tenant.spec ?? {};
  const request = { namespace, secretName: certificateSecretName(), consumerId, csr };
  const certificate = await ensureCertificate(ctx, deps, request);
  const authParams = await authParamsFor(ctx, deps, certificate, proxyURL);
  await writeStatus(ctx, deps, tenant, { authParams, tenantNamespace: namespace });
  return renewalDelayMs(certificate, deps.clock.epochMs());
}

/** Without a handshake there is nothing to renew. */
async function reportTenantNamespace(ctx: Context, deps: Deps, tenant: Tenant): Promise<undefined> {
  await writeStatus(ctx, deps, tenant, { tenantNamespace: tenant.metadata?.namespace ?? "" });
}

async function bind(ctx: Context, { applier, accounts }: Work, tenant: Tenant, plan: Admission): Promise<void> {
  const own = forgeControlPlaneBinding(tenant);
  const everywhere = forgeClusterwideBinding(tenant.spec?.clusterID ?? "");
  if (plan.hasHandshake) {
    const cached = accounts.roleBindings.store.get(keyOf(own));
    await applier.applyIfChanged(ctx, roleBindings, { cached, wanted: own });
  }
  const cached = accounts.clusterRoleBindings.store.get(keyOf(everywhere));
  await applier.applyIfChanged(ctx, clusterRoleBindings, { cached, wanted: everywhere });
}

async function writeStatus(
  ctx: Context,
  deps: Deps,
  tenant: Tenant,
  status: NonNullable<Tenant["status"]>,
): Promise<void> {
  if (jsonEquals(tenant.status, status)) return;
  // A proxy that is not to be used any more has to be named.
  const authParams = status.authParams === undefined ? {} : { authParams: { proxyURL: null, ...status.authParams } };
  const body = { status: { ...status, ...authParams } };
  await deps.client.patch(ctx, tenants, keyOf(tenant), "merge", body, { subresource: "status" });
}

/** Takes the rights back and removes what the consumer asked for. */
async function release(
  ctx: Context,
  deps: Deps,
  tenant: Tenant,
  kinds: readonly Resource<KubeObject>[],
): Promise<void> {
  const namespace = tenant.metadata?.namespace ?? "";
  await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(forgeControlPlaneBinding(tenant)));
  await deps.client.deleteIfPresent(
    ctx,
    clusterRoleBindings,
    keyOf(forgeClusterwideBinding(tenant.spec?.clusterID ?? "")),
  );
  const labelSelector = `${labels.REPLICATED}=true`;
  for (const resource of kinds) {
    const { items } = await deps.client.list(ctx, resource, { namespace, labelSelector });
    for (const item of items) await deps.client.deleteIfPresent(ctx, resource, keyOf(item));
  }
}

async function markSlices(ctx: Context, { deps, slices }: Work, tenant: Tenant, isCordoned: boolean): Promise<void> {
  const replicas = slices.store.list(tenant.metadata?.namespace).filter(isReplica);
  for (const slice of replicas.filter((each) => isWronglyMarked(each, tenant))) {
    const body = { metadata: { annotations: { [annotations.CORDON_TENANT]: isCordoned ? "true" : null } } };
    await deps.client.patch(ctx, resourceSlices, keyOf(slice), "merge", body);
  }
}
