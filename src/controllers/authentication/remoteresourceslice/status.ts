/** The provider's answer to a slice. Upstream: pkg/liqo-controller-manager/authentication/remoteresourceslice-controller */
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import type { AuthParams } from "#forge/authentication.ts";
import { withCondition } from "#machinery/conditions.ts";
import type { Settings } from "../../deps.ts";

type Status = NonNullable<ResourceSlice["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];
type ConditionType = "Authentication" | "Resources";

export function deniedStatus({ status }: ResourceSlice, problem: string, nowMs: number): Status {
  return { ...status, conditions: withCondition(status?.conditions, denied("Authentication", problem), nowMs) };
}

export interface Answer {
  readonly tenant: Tenant | undefined;
  readonly authParams: AuthParams;
  readonly settings: Pick<Settings, "defaultNodeResources" | "clusterLabels">;
  readonly nowMs: number;
}

/** Let in, and given resources unless somebody else provides for its class or a new one comes from a cordoned tenant. */
export function answeredStatus(slice: ResourceSlice, { tenant, authParams, settings, nowMs }: Answer): Status {
  const before = slice.status?.conditions;
  const authentication = accepted("Authentication", "ResourceSlice authentication accepted");
  const conditions = withCondition<Condition>(before, authentication, nowMs);
  const base: Status = { ...slice.status, authParams, conditions };
  const isOurs = ["", "default"].includes(slice.spec?.class ?? "");
  if (!isOurs) return base;
  const isNew = before?.find(({ type }) => type === "Resources") === undefined;
  if (isNew && tenant?.spec?.tenantCondition === "Cordoned")
    return { ...base, conditions: withCondition(conditions, denied("Resources", "the tenant is cordoned"), nowMs) };
  const resources = accepted("Resources", "ResourceSlice resources accepted");
  const nodeLabels = settings.clusterLabels;
  return {
    ...base,
    conditions: withCondition(conditions, resources, nowMs),
    resources: { ...settings.defaultNodeResources, ...slice.spec?.resources },
    ...(Object.keys(nodeLabels).length > 0 && { nodeLabels: { ...nodeLabels } }),
  };
}

function accepted(type: ConditionType, message: string): Condition {
  return { type, status: "Accepted", reason: `ResourceSlice${type}Accepted`, message };
}

function denied(type: ConditionType, message: string): Condition {
  return { type, status: "Denied", reason: `ResourceSlice${type}Denied`, message };
}
