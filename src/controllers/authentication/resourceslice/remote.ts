/**
 * On the provider: signs the slice's request, grants resources and limits them by a Quota.
 * Upstream: pkg/liqo-controller-manager/authentication/remoteresourceslice-controller, quotacreator-controller
 */

import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { forgeQuota, unbase64 } from "#forge/authentication.ts";
import { certificateSecretName, GLOBAL_LABELS, sliceUserName } from "#forge/names.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { withCondition } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { watchManagedSecrets } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { authParamsFor, ensureCertificate, renewalDelayMs } from "../certificate.ts";
import { requestProblem } from "../request-problem.ts";

type Status = NonNullable<ResourceSlice["status"]>;
type SliceCondition = NonNullable<Status["conditions"]>[number];

export function remoteResourceSliceController(deps: Deps): Controller {
  const informer = deps.informers.for(resourceSlices);
  const tenantInformer = deps.informers.for(tenants);
  const quotaInformer = deps.informers.for(quotas);
  const tenantNamespaces = new TenantNamespaces(deps.informers);
  const events = deps.events("remoteresourceslice-controller");
  return {
    name: "remote-resourceslice",
    watches: [
      watchFor(informer, isReplica),
      watchOwned(quotaInformer, "ResourceSlice"),
      watchMapped(tenantInformer, ({ metadata }) =>
        informer.store.list(metadata?.namespace).filter(isReplica).map(keyOf),
      ),
      tenantNamespaces.watch((namespace) => informer.store.list(namespace).filter(isReplica).map(keyOf)),
      watchManagedSecrets(deps, ({ metadata }) =>
        informer.store
          .list(metadata?.namespace)
          .filter((slice) => isReplica(slice) && certificateSecretName(slice.metadata?.name) === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const slice = informer.store.get(key);
      if (slice === undefined || !isReplica(slice) || slice.metadata?.deletionTimestamp !== undefined) return DONE;
      // The consumer completes its slice in a second write.
      if (slice.spec?.csr === undefined || slice.spec.consumerClusterID === undefined) return DONE;
      const { consumerClusterID } = slice.spec;
      const peer = tenantNamespaces.peerOf(key.namespace);
      const tenant =
        peer === consumerClusterID
          ? tenantInformer.store.list(key.namespace).find(({ spec }) => spec?.clusterID === peer)
          : undefined;
      const problem = await sliceProblem(slice, tenant);
      if (problem !== undefined) {
        events.warning(ctx, slice, "Invalid ResourceSlice", problem);
        await writeStatus(ctx, deps, slice, {
          ...slice.status,
          conditions: denied(slice, "Authentication", problem, deps.nowMs()),
        });
        return DONE;
      }
      const { status, delayMs } = await answer(ctx, deps, slice, tenant);
      const written = await writeStatus(ctx, deps, slice, status);
      const quotaKey = { namespace: key.namespace ?? "", name: sliceUserName(key.name, consumerClusterID) };
      await ensureQuota(ctx, deps, { slice: written, tenant, before: quotaInformer.store.get(quotaKey)?.spec });
      return { requeueAfterMs: delayMs };
    },
  };
}

/** A tenant without a handshake has proved no key, so it may use any. */
async function sliceProblem(slice: ResourceSlice, tenant: Tenant | undefined): Promise<string | undefined> {
  const { consumerClusterID = "", csr = "" } = slice.spec ?? {};
  if (tenant === undefined)
    return `${notTenantNamespaceOf(consumerClusterID, slice.metadata?.namespace)}, or holds no Tenant`;
  const subject = {
    commonName: sliceUserName(slice.metadata?.name ?? "", consumerClusterID),
    organizations: [consumerClusterID],
  };
  const publicKey = tenant.spec?.publicKey ?? "";
  const isTolerant = tenant.spec?.authzPolicy === "TolerateNoHandshake";
  return requestProblem(unbase64(csr), subject, isTolerant && publicKey === "" ? undefined : unbase64(publicKey));
}

async function answer(
  ctx: Context,
  deps: Deps,
  slice: ResourceSlice,
  tenant: Tenant | undefined,
): Promise<{ status: Status; delayMs: number }> {
  const { name = "", namespace = "" } = slice.metadata ?? {};
  const { csr = "", consumerClusterID: consumerId = "" } = slice.spec ?? {};
  const certificate = await ensureCertificate(ctx, deps, {
    namespace,
    secretName: certificateSecretName(name),
    consumerId,
    csr,
  });
  const authParams = await authParamsFor(ctx, deps, certificate, tenant?.spec?.proxyURL);
  const authentication = accepted(
    slice.status?.conditions,
    "Authentication",
    "ResourceSlice authentication accepted",
    deps.nowMs(),
  );
  const delayMs = renewalDelayMs(certificate, deps.nowMs());
  const base: Status = { ...slice.status, authParams, conditions: authentication };
  const isOurs = ["", "default"].includes(slice.spec?.class ?? "");
  if (!isOurs) return { status: base, delayMs };
  const isNew = slice.status?.conditions?.find(({ type }) => type === "Resources") === undefined;
  if (isNew && tenant?.spec?.tenantCondition === "Cordoned") {
    return {
      status: { ...base, conditions: denied({ status: base }, "Resources", "the tenant is cordoned", deps.nowMs()) },
      delayMs,
    };
  }
  const resources = { ...deps.settings.defaultNodeResources, ...slice.spec?.resources };
  const conditions = accepted(base.conditions, "Resources", "ResourceSlice resources accepted", deps.nowMs());
  const nodeLabels = deps.settings.clusterLabels;
  return {
    status: {
      ...base,
      conditions,
      resources,
      ...(Object.keys(nodeLabels).length > 0 && { nodeLabels: { ...nodeLabels } }),
    },
    delayMs,
  };
}

function accepted(
  before: SliceCondition[] | undefined,
  type: "Authentication" | "Resources",
  message: string,
  nowMs: number,
): SliceCondition[] {
  const condition: SliceCondition = { type, status: "Accepted", reason: `ResourceSlice${type}Accepted`, message };
  return withCondition<SliceCondition>(before, condition, nowMs);
}

function denied(
  slice: Pick<ResourceSlice, "status">,
  type: "Authentication" | "Resources",
  message: string,
  nowMs: number,
): SliceCondition[] {
  const condition: SliceCondition = { type, status: "Denied", reason: `ResourceSlice${type}Denied`, message };
  return withCondition<SliceCondition>(slice.status?.conditions, condition, nowMs);
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
