/** The provider's answer to a slice. Upstream: pkg/liqo-controller-manager/authentication/remoteresourceslice-controller */
import { DEFAULT_CLASS_DISABLED, type ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import type { AuthParams } from "#forge/authentication.ts";
import { withCondition } from "#machinery/conditions.ts";
import type { Settings } from "../../deps.ts";
import type { OfferedClasses } from "./classes.ts";

type Status = NonNullable<ResourceSlice["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];
type ConditionType = "Authentication" | "Resources";

/** Slices of these classes are answered here; somebody else's controller answers all others. */
const OWN_CLASSES = ["", "default"];
const DRAINED = "the tenant is drained";
const CORDONED = "the tenant is cordoned";
const CLASS_DISABLED = {
  reason: DEFAULT_CLASS_DISABLED,
  message: "the default ResourceSlice class has been administratively disabled on the provider",
};

export function deniedStatus({ status }: ResourceSlice, problem: string, nowMs: number): Status {
  return { ...status, conditions: withCondition(status?.conditions, denied("Authentication", problem), nowMs) };
}

export interface Answer {
  readonly tenant: Tenant | undefined;
  readonly authParams: AuthParams;
  readonly settings: Pick<Settings, "defaultNodeResources" | "clusterLabels" | "isDefaultClassEnabled">;
  readonly classes: OfferedClasses;
  readonly nowMs: number;
}

/** Let in, and given what it asks for, unless its tenant is cordoned or somebody else provides for its class. */
export function answeredStatus(slice: ResourceSlice, answer: Answer): Status {
  const { tenant, authParams, settings, nowMs } = answer;
  const before = slice.status?.conditions;
  const authentication = accepted("Authentication", "ResourceSlice authentication accepted");
  const conditions = withCondition<Condition>(before, authentication, nowMs);
  const base: Status = { ...slice.status, authParams, conditions };
  const withResources = (condition: Condition): Status => ({
    ...base,
    conditions: withCondition(conditions, condition, nowMs),
  });
  const tenantCondition = tenant?.spec?.tenantCondition ?? "Active";
  if (tenantCondition === "Drained") return withResources(denied("Resources", DRAINED));
  if (tenantCondition === "Cordoned") {
    const isNew = before?.find(({ type }) => type === "Resources") === undefined;
    return isNew ? withResources(denied("Resources", CORDONED)) : base;
  }
  // What its tenant's condition denied is for the controller of its class to say again.
  if (!OWN_CLASSES.includes(slice.spec?.class ?? ""))
    return { ...base, conditions: conditions.filter(({ message = "" }) => ![DRAINED, CORDONED].includes(message)) };
  if (!settings.isDefaultClassEnabled) return withResources({ type: "Resources", status: "Denied", ...CLASS_DISABLED });
  return granted(slice, answer, withResources(accepted("Resources", "ResourceSlice resources accepted")));
}

/** All that is granted, without what was granted earlier and is no more. */
function granted({ spec }: ResourceSlice, { settings, classes }: Answer, status: Status): Status {
  const { storageClasses: _s, ingressClasses: _i, loadBalancerClasses: _l, nodeLabels: _n, ...kept } = status;
  const nodeLabels = settings.clusterLabels;
  return {
    ...kept,
    ...classes,
    resources: { ...settings.defaultNodeResources, ...spec?.resources },
    ...(Object.keys(nodeLabels).length > 0 && { nodeLabels: { ...nodeLabels } }),
  };
}

function accepted(type: ConditionType, message: string): Condition {
  return { type, status: "Accepted", reason: `ResourceSlice${type}Accepted`, message };
}

function denied(type: ConditionType, message: string): Condition {
  return { type, status: "Denied", reason: `ResourceSlice${type}Denied`, message };
}
