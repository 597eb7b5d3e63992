/**
 * Authenticates a consumer: checks signature and request, signs, gives the rights of its condition.
 * Upstream: pkg/liqo-controller-manager/authentication/tenant-controller
 */
import { createPublicKey, verify, X509Certificate } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { renews } from "#api/authentication/renew.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { TENANT as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { unbase64 } from "#forge/authentication.ts";
import { forgeClusterwideBinding, forgeControlPlaneBinding } from "#forge/bindings.ts";
import { CONTROL_PLANE_GROUP, certificateSecretName, NONCE_SECRET } from "#forge/names.ts";
import {
  type Controller,
  DONE,
  type Result,
  TerminalError,
  watchFor,
  watchMapped,
} from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { clusterRoleBindings, roleBindings, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { watchAccounts, watchManagedSecrets } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { authParamsFor, ensureCertificate, renewalDelayMs } from "../certificate.ts";
import { requestProblem } from "../request-problem.ts";

export function tenantController(deps: Deps): Controller {
  const informer = deps.informers.for(tenants);
  const nonces = deps.informers.for(secrets, { labelSelector: labels.NONCE });
  const tenantNamespaces = new TenantNamespaces(deps.informers);
  const events = deps.events("tenant-controller");
  return {
    name: "tenant",
    watches: [
      watchFor(informer),
      watchMapped(nonces, ({ metadata }) => informer.store.list(metadata?.namespace).map(keyOf)),
      tenantNamespaces.watch((namespace) => informer.store.list(namespace).map(keyOf)),
      ...watchAccounts(deps, ({ metadata }) =>
        informer.store
          .list()
          .filter((tenant) => bindingsOf(tenant).some((binding) => binding.metadata?.name === metadata?.name))
          .map(keyOf),
      ),
      watchManagedSecrets(deps, ({ metadata }) =>
        metadata?.name === certificateSecretName() ? informer.store.list(metadata.namespace).map(keyOf) : [],
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = await deps.client.find(ctx, tenants, key);
      if (found === undefined) return DONE;
      if (found.metadata?.deletionTimestamp !== undefined) {
        await release(ctx, deps, found, [resourceSlices, namespaceMaps, renews]);
        await removeFinalizer(ctx, deps.client, tenants, found, FINALIZER);
        return DONE;
      }
      if (tenantNamespaces.peerOf(key.namespace) !== found.spec?.clusterID) {
        // The webhook says so, too, but can be told to look away (liqo.io/webhook-skip).
        const problem = notTenantNamespaceOf(found.spec?.clusterID, key.namespace);
        events.warning(ctx, found, "WrongNamespace", problem);
        return DONE;
      }
      const tenant = await ensureFinalizer(ctx, deps.client, tenants, found, FINALIZER);
      const isTolerant = tenant.spec?.authzPolicy === "TolerateNoHandshake";
      if (!isTolerant) {
        const problem = await handshakeProblem(tenant, await findNonce(ctx, deps, tenant));
        if (problem !== undefined) {
          events.warning(ctx, tenant, problem.reason, problem.message);
          throw new TerminalError(`authenticate Tenant ${key.name}: ${problem.message}`);
        }
      }
      const delayMs = await admit(ctx, deps, tenant, isTolerant);
      events.normal(ctx, tenant, "Reconciled", "Tenant reconciled");
      return delayMs === undefined ? DONE : { requeueAfterMs: delayMs };
    },
  };
}

function bindingsOf(tenant: Tenant): KubeObject[] {
  return [forgeControlPlaneBinding(tenant), forgeClusterwideBinding(tenant.spec?.clusterID ?? "")];
}

/** Signs, reports and binds; returns when the certificate is due for renewal. */
async function admit(ctx: Context, deps: Deps, tenant: Tenant, isTolerant: boolean): Promise<number | undefined> {
  const namespace = tenant.metadata?.namespace ?? "";
  const consumerId = tenant.spec?.clusterID ?? "";
  let delayMs: number | undefined;
  if (!isTolerant) {
    const csr = tenant.spec?.csr ?? "";
    const certificate = await ensureCertificate(ctx, deps, {
      namespace,
      secretName: certificateSecretName(),
      consumerId,
      csr,
    });
    const authParams = await authParamsFor(ctx, deps, certificate, tenant.spec?.proxyURL);
    await writeStatus(ctx, deps, tenant, { authParams, tenantNamespace: namespace });
    delayMs = renewalDelayMs(certificate, deps.nowMs());
  } else await writeStatus(ctx, deps, tenant, { tenantNamespace: namespace });
  const condition = tenant.spec?.tenantCondition ?? "Active";
  if (condition === "Drained") await release(ctx, deps, tenant, [resourceSlices, namespaceMaps]);
  else {
    if (!isTolerant) await deps.client.apply(ctx, roleBindings, forgeControlPlaneBinding(tenant));
    await deps.client.apply(ctx, clusterRoleBindings, forgeClusterwideBinding(consumerId));
  }
  await cordonSlices(ctx, deps, namespace, condition === "Cordoned");
  return delayMs;
}

async function writeStatus(
  ctx: Context,
  deps: Deps,
  tenant: Tenant,
  status: NonNullable<Tenant["status"]>,
): Promise<void> {
  if (jsonEquals(tenant.status, status)) return;
  await deps.client.patch(ctx, tenants, keyOf(tenant), "merge", { status }, { subresource: "status" });
}

function findNonce(ctx: Context, deps: Deps, tenant: Tenant): Promise<Secret | undefined> {
  return deps.client.find(ctx, secrets, { namespace: tenant.metadata?.namespace ?? "", name: NONCE_SECRET });
}

interface Problem {
  readonly reason: "NonceNotFound" | "SignatureVerificationFailed" | "InvalidCSR";
  readonly message: string;
}

/**
 * Undefined when signature and request prove that the consumer holds the key and asks for its own name. A key that was
 * proven once, for which the certificate in the status stands, needs no nonce any more: it may be gone.
 */
export async function handshakeProblem(tenant: Tenant, nonceSecret: Secret | undefined): Promise<Problem | undefined> {
  const { clusterID = "", csr = "", publicKey = "", signature = "" } = tenant.spec ?? {};
  const key = unbase64(publicKey);
  if (!isCertified(tenant, key)) {
    const nonce = nonceSecret?.data?.["nonce"];
    if (nonce === undefined) return { reason: "NonceNotFound", message: `Secret ${NONCE_SECRET} holds no nonce yet` };
    if (!isSignedBy(Buffer.from(nonce, "base64"), Buffer.from(signature, "base64"), key)) {
      return {
        reason: "SignatureVerificationFailed",
        message: "spec.signature is not the nonce signed with spec.publicKey",
      };
    }
  }
  const subject = { commonName: clusterID, organizations: [CONTROL_PLANE_GROUP] };
  const problem = await requestProblem(unbase64(csr), subject, key);
  return problem === undefined ? undefined : { reason: "InvalidCSR", message: problem };
}

/** Only this controller writes the status, after a handshake. */
function isCertified({ status }: Tenant, publicKey: string): boolean {
  const certificate = status?.authParams?.signedCRT ?? "";
  if (certificate === "") return false;
  try {
    return new X509Certificate(unbase64(certificate)).publicKey.equals(createPublicKey(publicKey));
  } catch {
    // One of the two is nothing of the kind.
    return false;
  }
}

function isSignedBy(nonce: Buffer, signature: Buffer, publicKey: string): boolean {
  try {
    const key = createPublicKey(publicKey);
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", nonce, key, signature);
  } catch {
    // Not a key, or not a signature of its kind: both mean no.
    return false;
  }
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

async function cordonSlices(ctx: Context, deps: Deps, namespace: string, cordon: boolean): Promise<void> {
  const { items } = await deps.client.list(ctx, resourceSlices, {
    namespace,
    labelSelector: `${labels.REPLICATED}=true`,
  });
  for (const slice of items) {
    const isCordoned = slice.metadata?.annotations?.[annotations.CORDON_TENANT] !== undefined;
    if (isCordoned === cordon) continue;
    const body = { metadata: { annotations: { [annotations.CORDON_TENANT]: cordon ? "true" : null } } };
    await deps.client.patch(ctx, resourceSlices, keyOf(slice), "merge", body);
  }
}
