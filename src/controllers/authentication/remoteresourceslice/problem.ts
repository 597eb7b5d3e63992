/** Why a slice is denied. Upstream: pkg/liqo-controller-manager/authentication/remoteresourceslice-controller */
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import { unbase64 } from "#forge/authentication.ts";
import { sliceUserName } from "#forge/names.ts";
import { notTenantNamespaceOf } from "#trust/tenant-namespaces.ts";
import { requestProblem } from "../request-problem.ts";

/** A tenant without a handshake has proved no key, so it may use any. */
export async function sliceProblem(slice: ResourceSlice, tenant: Tenant | undefined): Promise<string | undefined> {
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
