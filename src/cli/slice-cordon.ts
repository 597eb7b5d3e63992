/** Whether a provider runs new pods for one slice of a consumer. Upstream: pkg/liqoctl/{cordon,uncordon} */
import * as annotations from "#api/annotations.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { quotas } from "#api/offloading/quota.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { sliceUserName } from "#forge/names.ts";
import { keyOf } from "#machinery/meta.ts";
import { requireRights } from "./checks/rights.ts";
import { waitFor } from "./cluster.ts";
import { argument } from "./command/argument.ts";
import { namesOfKind, peerIds } from "./command/candidates.ts";
import type { Environment } from "./command/environment.ts";
import { type FlagValues, flag } from "./command/flag.ts";
import { accessFlags, openScope, timeoutFlag } from "./command/flag-groups.ts";
import { CliError } from "./errors.ts";
import { findNamed } from "./named-object.ts";
import { requireKnownNamespace } from "./tenant.ts";

export const sliceArgs = { name: argument.one("name of the ResourceSlice", namesOfKind(resourceSlices)) };

export const sliceFlags = {
  ...accessFlags,
  remoteClusterId: flag.required("id of the consumer", "id", { complete: peerIds }),
  timeout: timeoutFlag("2m"),
};

/** Marks the slice and waits until its quota says so. Repeatable. */
export async function cordonSlice(
  ctx: Context,
  env: Environment,
  { args, flags }: { readonly args: { readonly name: string }; readonly flags: FlagValues<typeof sliceFlags> },
  { isCordoned, verb }: { readonly isCordoned: boolean; readonly verb: string },
): Promise<void> {
  using cluster = openScope(flags, env);
  const { client } = cluster;
  const namespace = await requireKnownNamespace(ctx, client, flags.remoteClusterId);
  const slice = await findNamed(ctx, cluster, resourceSlices, { name: args.name, namespace });
  if (!isReplica(slice))
    throw new CliError(`ResourceSlice ${namespace}/${args.name} is what this cluster asks for`, {
      hint: `only the provider may: run this for cluster ${flags.remoteClusterId}`,
    });
  await requireRights(ctx, cluster, [{ verb: "patch", resource: resourceSlices, namespace }]);
  await env.confirm(verb);
  await env.printer.step("local", `ResourceSlice ${args.name} ${isCordoned ? "" : "un"}cordoned`, async () => {
    const body = { metadata: { annotations: { [annotations.CORDON]: isCordoned ? "true" : null } } };
    const marked = await client.patch(ctx, resourceSlices, keyOf(slice), "merge", body);
    const isTenantCordoned = marked.metadata?.annotations?.[annotations.CORDON_TENANT] !== undefined;
    if (isTenantCordoned && !isCordoned)
      env.printer.warning("local", "The whole tenant is cordoned: `liqoctl uncordon tenant`");
    // One that was not accepted has no quota.
    if (slice.status?.resources === undefined) return;
    const name = sliceUserName(args.name, slice.spec?.consumerClusterID ?? "");
    await waitFor(
      ctx,
      client,
      quotas,
      { namespace, name },
      {
        until: (quota) => (quota?.spec?.cordoned === true) === (isCordoned || isTenantCordoned),
        timeoutMs: flags.timeout,
        what: "the quota does not follow; is liqo-controller-manager running",
      },
    );
  });
}
