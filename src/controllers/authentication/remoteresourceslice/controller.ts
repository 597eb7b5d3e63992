/**
 * On the provider: signs the slice's request, grants resources and limits them by a Quota. Writes the status of
 * ResourceSlices, Quotas and Secrets. Upstream: pkg/liqo-controller-manager/authentication/remoteresourceslice-controller,
 * quotacreator-controller
 */
import type { StorageClass } from "kubernetes-types/storage/v1";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { forgeQuota } from "#forge/authentication.ts";
import { certificateSecretName, GLOBAL_LABELS, sliceUserName } from "#forge/names.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { storageClasses } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { watchManagedSecrets } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { authParamsFor, ensureCertificate, renewalDelayMs } from "../certificate.ts";
import { offeredClasses } from "./classes.ts";
import { sliceProblem } from "./problem.ts";
import { answeredStatus, deniedStatus } from "./status.ts";

type Status = NonNullable<ResourceSlice["status"]>;

interface Work {
  readonly deps: Deps;
  readonly slices: Informer<ResourceSlice>;
  readonly tenants: Informer<Tenant>;
  readonly quotas: Informer<Quota>;
  /** undefined: none are offered, so there is no right to read them. */
  readonly storage: Informer<StorageClass> | undefined;
  readonly tenantNamespaces: TenantNamespaces;
  readonly events: EventRecorder;
}

export function remoteResourceSliceController(deps: Deps): Controller {
  const work: Work = {
    deps,
    slices: deps.informers.for(resourceSlices),
    tenants: deps.informers.for(tenants),
    quotas: deps.informers.for(quotas),
    storage: deps.settings.hasStorage ? deps.informers.for(storageClasses) : undefined,
    tenantNamespaces: new TenantNamespaces(deps.informers),
    events: deps.events("remoteresourceslice-controller"),
  };
  const slicesIn = (namespace?: string): ResourceSlice[] => work.slices.store.list(namespace).filter(isReplica);
  return {
    name: "remote-resourceslice",
    watches: [
      watchFor(work.slices, isReplica),
      watchOwned(work.quotas, "ResourceSlice"),
      watchMapped(work.tenants, ({ metadata }) => slicesIn(metadata?.namespace).map(keyOf)),
      ...(work.storage === undefined ? [] : [watchMapped(work.storage, () => slicesIn().map(keyOf))]),
      work.tenantNamespaces.watch((namespace) => slicesIn(namespace).map(keyOf)),
      watchManagedSecrets(deps, ({ metadata }) =>
        slicesIn(metadata?.namespace)
          .filter((slice) => certificateSecretName(slice.metadata?.name) === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps } = work;
  const slice = work.slices.store.get(key);
  if (slice === undefined || !isReplica(slice) || slice.metadata?.deletionTimestamp !== undefined) return DONE;
  // The consumer completes its slice in a second write.
  if (slice.spec?.csr === undefined || slice.spec.consumerClusterID === undefined) return DONE;
  const tenant = tenantOf(work, slice);
  const problem = await sliceProblem(slice, tenant);
  if (problem !== undefined) {
    work.events.warning(ctx, slice, "Invalid ResourceSlice", problem);
    await writeStatus(ctx, deps, slice, deniedStatus(slice, problem, deps.clock.epochMs()));
    return DONE;
  }
  const { csr, consumerClusterID: consumerId } = slice.spec;
  const request = { namespace: key.namespace ?? "", secretName: certificateSecretName(key.name), consumerId, csr };
  const certificate = await ensureCertificate(ctx, deps, request);
  const authParams = await authParamsFor(ctx, deps, certificate, tenant?.spec?.proxyURL);
  const classes = offeredClasses(deps.settings, work.storage?.store.list() ?? []);
  const answer = { tenant, authParams, settings: deps.settings, classes, nowMs: deps.clock.epochMs() };
  const written = await writeStatus(ctx, deps, slice, answeredStatus(slice, answer));
  const quotaKey = { namespace: key.namespace ?? "", name: sliceUserName(key.name, consumerId) };
  await ensureQuota(ctx, deps, { slice: written, tenant, before: work.quotas.store.get(quotaKey)?.spec });
  return { requeueAfterMs: renewalDelayMs(certificate, deps.clock.epochMs()) };
}

/** The Tenant of the slice's consumer, when the slice lies in that consumer's tenant namespace. */
function tenantOf({ tenants: informer, tenantNamespaces }: Work, slice: ResourceSlice): Tenant | undefined {
  const { namespace } = slice.metadata ?? {};
  const peer = tenantNamespaces.peerOf(namespace);
  if (peer !== slice.spec?.consumerClusterID) return undefined;
  return informer.store.list(namespace).find(({ spec }) => spec?.clusterID === peer);
}

async function writeStatus(ctx: Context, deps: Deps, slice: ResourceSlice, status: Status): Promise<ResourceSlice> {
  if (jsonEquals(slice.status, status)) return slice;
  return deps.client.updateStatus(ctx, resourceSlices, { ...slice, status });
}

interface QuotaParts {
  readonly slice: ResourceSlice;
  readonly tenant: Tenant | undefined;
  readonly before: Quota["spec"];
}

async function ensureQuota(ctx: Context, deps: Deps, { slice, tenant, before }: QuotaParts): Promise<void> {
  if (slice.status?.resources === undefined) return;
  const quota = forgeQuota(slice, {
    enforcement: deps.settings.defaultLimitsEnforcement,
    isTenantCordoned: tenant?.spec?.tenantCondition === "Cordoned",
    globalLabels: GLOBAL_LABELS,
  });
  if (!jsonEquals(before, quota.spec)) await deps.client.apply(ctx, quotas, quota);
}
