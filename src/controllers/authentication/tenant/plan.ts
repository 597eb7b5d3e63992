/** What a Tenant is given, and what is taken back. Upstream: pkg/liqo-controller-manager/authentication/tenant-controller */
import * as annotations from "#api/annotations.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";

export type Plan =
  | { readonly do: "nothing" }
  /** It is on its way out. */
  | { readonly do: "release" }
  /** Rights in the whole cluster are given only where nobody but Liqo and administrators writes. */
  | { readonly do: "misplaced" }
  | {
      readonly do: "admit";
      /** It proves its key, and gets a certificate for it. */
      readonly hasHandshake: boolean;
      readonly hasRights: boolean;
      readonly isCordoned: boolean;
    };

/** `peer`: whose tenant namespace the Tenant lies in. */
export function planTenant(tenant: Tenant | undefined, peer: string | undefined): Plan {
  if (tenant === undefined) return { do: "nothing" };
  if (tenant.metadata?.deletionTimestamp !== undefined) return { do: "release" };
  // The webhook says so, too, but can be told to look away (liqo.io/webhook-skip).
  if (peer !== tenant.spec?.clusterID) return { do: "misplaced" };
  return {
    do: "admit",
    hasHandshake: tenant.spec?.authzPolicy !== "TolerateNoHandshake",
    hasRights: tenant.spec?.tenantCondition !== "Drained",
    isCordoned: isCordoned(tenant),
  };
}

/** Whether a slice does not say what the Tenant's condition does. */
export function isWronglyMarked(slice: ResourceSlice, tenant: Tenant): boolean {
  const isMarked = slice.metadata?.annotations?.[annotations.CORDON_TENANT] !== undefined;
  return isMarked !== isCordoned(tenant);
}

function isCordoned({ spec }: Tenant): boolean {
  return spec?.tenantCondition === "Cordoned";
}
