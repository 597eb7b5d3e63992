/** What a Tenant is given, and what is taken back. Upstream: pkg/liqo-controller-manager/authentication/tenant-controller */
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
  const condition = tenant.spec?.tenantCondition ?? "Active";
  return {
    do: "admit",
    hasHandshake: tenant.spec?.authzPolicy !== "TolerateNoHandshake",
    hasRights: condition !== "Drained",
    isCordoned: condition === "Cordoned",
  };
}
