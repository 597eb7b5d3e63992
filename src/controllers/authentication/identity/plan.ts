/** What becomes of an Identity. Upstream: pkg/liqo-controller-manager/authentication/identity-controller */
import type { Identity } from "#api/authentication/identity.ts";
import type { Renew } from "#api/authentication/renew.ts";
import type { AuthParams } from "#forge/authentication.ts";
import { authParamsProblem } from "#forge/provider/auth-params.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isNewer } from "./newer.ts";

export interface Observed {
  readonly identity: Identity | undefined;
  /** The Renew of the Identity's name. */
  readonly renew: Renew | undefined;
  /** Whose tenant namespace the Identity lies in. */
  readonly peer: string | undefined;
}

export type Plan =
  | { readonly do: "nothing" }
  /** Its Secret would hold the cluster's private key: it belongs where only Liqo and administrators are. */
  | { readonly do: "misplaced" }
  | { readonly do: "refuse"; readonly problem: string }
  | { readonly do: "renew"; readonly authParams: AuthParams }
  | { readonly do: "ensure"; readonly isRenewMissing: boolean };

export function planIdentity({ identity, renew, peer }: Observed): Plan {
  if (identity === undefined || identity.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  const { spec } = identity;
  if (peer !== spec?.clusterID) return { do: "misplaced" };
  // A peer replicates Renews into the same namespace, under names of its choice.
  const isOwn = renew !== undefined && controllerOf(renew)?.uid === identity.metadata?.uid;
  const renewed = isOwn ? renew.status?.authParams : undefined;
  const isNew = (spec?.authParams?.signedCRT ?? "") === "";
  const problem = authParamsProblem(renewed) ?? (isNew ? undefined : authParamsProblem(spec?.authParams));
  if (problem !== undefined) return { do: "refuse", problem };
  if (renewed !== undefined && isNewer(renewed, spec?.authParams)) return { do: "renew", authParams: renewed };
  if (isNew) return { do: "nothing" };
  return { do: "ensure", isRenewMissing: spec?.type === "ControlPlane" && renew === undefined };
}
