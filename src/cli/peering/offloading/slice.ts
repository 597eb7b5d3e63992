/** The resources that a consumer asks its provider for. Upstream: pkg/liqoctl/rest/resourceslice */
import { DEFAULT_CLASS_DISABLED, type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import type { Context } from "#base/context.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { type FlagValues, flag, pairs } from "../../command/flag.ts";
import { CliError } from "../../errors.ts";

export const resourceFlags = {
  cpu: flag.string("cpu to ask for", "quantity"),
  memory: flag.string("memory to ask for", "quantity"),
  pods: flag.string("pods to ask for", "quantity"),
  resource: flag.of("other resources to ask for", "k=v,…", pairs, {}),
};

/** What the flags ask for, by resource. Throws a CliError for what is no quantity. */
export function resourcesOf(flags: FlagValues<typeof resourceFlags>): Readonly<Record<string, string>> {
  const { cpu, memory, pods, resource } = flags;
  const amounts = Object.entries({ cpu, memory, pods, ...resource }).flatMap(([name, amount]) =>
    amount === undefined ? [] : [[name, amount] as const],
  );
  for (const [name, quantity] of amounts) {
    const milli = parseQuantityMilli(quantity);
    if (milli === undefined || milli < 0n)
      throw new CliError(`${name} "${quantity}": must be a quantity`, { hint: "such as 500m, 2 or 4Gi" });
  }
  return Object.fromEntries(amounts);
}

/**
 * Waits until the provider has answered; access may be denied first and granted then, as its objects arrive. Throws a
 * CliError when it says no, or nothing within the time.
 */
export async function waitForGrant(
  ctx: Context,
  { client }: Cluster,
  slice: KubeObject,
  timeoutMs: number,
): Promise<ResourceSlice> {
  const key = keyOf(slice);
  const last = await waitFor(ctx, client, resourceSlices, key, {
    until: (seen) => answerOf(seen, "Resources") === "Denied" || isGranted(seen),
    timeoutMs,
    what: "not answered by the provider (`liqoctl info peer` tells of the authentication)",
  }).catch(async (error: unknown) => {
    const found = await client.find(ctx, resourceSlices, key);
    if (refusalOf(found) === undefined) throw error;
    return found;
  });
  const refusal = refusalOf(last);
  if (last !== undefined && refusal === undefined) return last;
  const hint = isClassDisabled(last)
    ? "ask for a class that the provider's administrators name: `liqoctl create resourceslice --class`"
    : "where it has cordoned the tenant: `liqoctl uncordon tenant` there, and again";
  throw new CliError(`ResourceSlice ${key.name}: the provider denies ${refusal ?? "it"}`, { hint });
}

/** Slices of a class that Liqo does not know are answered by somebody else, in their own time. */
function isGranted(slice: ResourceSlice | undefined): boolean {
  const isOwnClass = ["", "default"].includes(slice?.spec?.class ?? "");
  return answerOf(slice, isOwnClass ? "Resources" : "Authentication") === "Accepted";
}

function isClassDisabled(slice: ResourceSlice | undefined): boolean {
  return slice?.status?.conditions?.some(({ reason }) => reason === DEFAULT_CLASS_DISABLED) === true;
}

/** What is denied, and why; undefined: nothing. */
export function refusalOf(slice: ResourceSlice | undefined): string | undefined {
  const denied = slice?.status?.conditions?.find(({ status }) => status === "Denied");
  if (denied === undefined) return undefined;
  const what = denied.type === "Authentication" ? "access" : "the resources";
  return `${what}: ${denied.message ?? denied.reason ?? "without a reason"}`;
}

function answerOf(slice: ResourceSlice | undefined, type: "Authentication" | "Resources"): string | undefined {
  return slice?.status?.conditions?.find((condition) => condition.type === type)?.status;
}
