/** Whether a provider lets a consumer have more, go on, or nothing at all. Upstream: pkg/liqoctl/{cordon,uncordon,drain,activate} */
import * as annotations from "#api/annotations.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { sleep, withTimeout } from "#base/context.ts";
import { keyOf } from "#machinery/meta.ts";
import { requireRights } from "./checks/rights.ts";
import { type Cluster, waitForNone } from "./cluster.ts";
import { argument } from "./command/argument.ts";
import { namesOfKind } from "./command/candidates.ts";
import type { Environment } from "./command/environment.ts";
import type { FlagValues } from "./command/flag.ts";
import { accessFlags, openScope, timeoutFlag } from "./command/flag-groups.ts";
import { CliError } from "./errors.ts";
import { findNamed } from "./named-object.ts";

const POLL_MS = 100;

export type Condition = "Active" | "Cordoned" | "Drained";

export const tenantArgs = { name: argument.one("name of the Tenant: the id of the consumer", namesOfKind(tenants)) };

export const tenantFlags = { ...accessFlags, timeout: timeoutFlag("2m") };

export interface Change {
  /** For the question before it; undefined: none is asked. */
  readonly confirmed: string | undefined;
  readonly to: Condition;
  /** Those that it may be in before. */
  readonly from: readonly Condition[];
  /** Completes "Tenant milan …". */
  readonly done: string;
  /** What to do when it is in another. */
  readonly otherwise: string;
}

/** Sets the condition and waits until it is so. Repeatable. */
export async function changeCondition(
  ctx: Context,
  env: Environment,
  { args, flags }: { readonly args: { readonly name: string }; readonly flags: FlagValues<typeof tenantFlags> },
  change: Change,
): Promise<void> {
  using cluster = openScope(flags, env);
  const tenant = await findChangeable(ctx, cluster, args.name, change);
  const { namespace = "" } = tenant.metadata ?? {};
  const found = conditionOf(tenant);
  await requireRights(ctx, cluster, [{ verb: "patch", resource: tenants, namespace }]);
  if (change.confirmed !== undefined) await env.confirm(change.confirmed);
  await env.printer.step("local", `Tenant ${args.name} ${change.done}`, async () => {
    if (found !== change.to)
      await cluster.client.patch(ctx, tenants, keyOf(tenant), "merge", { spec: { tenantCondition: change.to } });
    if (change.to === "Drained") await waitUntilDrained(ctx, cluster, namespace, flags.timeout);
    else await waitUntilMarked(ctx, cluster, { namespace, isCordoned: change.to === "Cordoned" }, flags.timeout);
  });
}

/** Throws a CliError for one that cannot be changed so. */
export async function findChangeable(
  ctx: Context,
  cluster: Cluster,
  name: string,
  { to, from, otherwise }: Change,
): Promise<Tenant> {
  const tenant = await findNamed(ctx, cluster, tenants, { name });
  const found = conditionOf(tenant);
  if (found !== to && !from.includes(found))
    throw new CliError(`Tenant ${name} is ${found.toLowerCase()}`, { hint: otherwise });
  return tenant;
}

export function conditionOf({ spec }: Tenant): Condition {
  return spec?.tenantCondition ?? "Active";
}

/** What the consumer has sent is gone: its virtual nodes, and with the NamespaceMaps its namespaces. */
async function waitUntilDrained(
  ctx: Context,
  { client }: Cluster,
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  const sent = { namespace, labelSelector: `${labels.REPLICATED}=true` };
  await waitForNone(ctx, client, resourceSlices, sent, timeoutMs);
  await waitForNone(ctx, client, namespaceMaps, sent, timeoutMs);
}

/** The slices of the consumer say so, too: by that their quotas go. */
async function waitUntilMarked(
  ctx: Context,
  { client }: Cluster,
  { namespace, isCordoned }: { readonly namespace: string; readonly isCordoned: boolean },
  timeoutMs: number,
): Promise<void> {
  const limited = withTimeout(ctx, timeoutMs);
  const sent = { namespace, labelSelector: `${labels.REPLICATED}=true` };
  for (;;) {
    const { items } = await client.list(ctx, resourceSlices, sent);
    const wrong = items.filter(
      ({ metadata }) => (metadata?.annotations?.[annotations.CORDON_TENANT] !== undefined) !== isCordoned,
    );
    if (wrong.length === 0) return;
    if (limited.signal.aborted)
      throw new CliError(
        `ResourceSlices ${wrong.map(({ metadata }) => metadata?.name).join(", ")} do not follow their Tenant within ${Math.round(timeoutMs / 1000)} s`,
        { hint: "is liqo-controller-manager running? The Tenant is changed; once it runs, the slices follow" },
      );
    await sleep(limited, POLL_MS);
  }
}
