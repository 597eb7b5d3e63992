/** `liqoctl unauthenticate`: the identity at a provider goes, and its Tenant there. Upstream: pkg/liqoctl/unauthenticate */
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { removeIdentity, removeTenant } from "../../peering/authentication/removal.ts";
import { ownOf, type Side } from "../../peering/side.ts";
import { findSides, requireDeletions } from "../../peering/sides.ts";
import { type Part, planOf } from "../../plan/model.ts";
import { planEnding } from "../../plan/unpeering.ts";
import { sideFacts } from "../../plan/unpeering-facts.ts";

const STRANGERS = "The two clusters know nothing of each other";

export const unauthenticateCommand = command({
  path: ["unauthenticate"],
  aliases: ["unauth"],
  summary: "Take back what lets the local cluster (the consumer) into the remote one (the provider).",
  description:
    "The Identity of the consumer goes, and its Tenant at the provider. Refused while there are ResourceSlices or VirtualNodes for the provider. Repeatable.",
  examples: ["liqoctl unauthenticate --remote-kubeconfig rome.yaml"],
  flags: {
    ...remoteFlags,
    timeout: timeoutFlag("2m"),
    wait: flag.switchedOn("as upstream; the Tenant may not go before the Identity is gone, so it waits in any case"),
  },
  async plan(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    const { local: consumer, remote: provider } = await findSides(ctx, { cluster: local }, { cluster: remote });
    if (consumer !== undefined) await requireUnused(ctx, consumer);
    const parts: Part[] = [];
    for (const [side, ending] of [
      [consumer, { asConsumer: true }],
      [provider, { asProvider: true }],
    ] as const)
      if (side !== undefined)
        parts.push(planEnding(await sideFacts(ctx, side, await clusterIdOf(ctx, side.cluster)), ending));
    return planOf(env.commandLine, parts.length === 0 ? [{ remarks: [STRANGERS] }] : parts);
  },
  async run(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    const { local: consumer, remote: provider } = await findSides(ctx, { cluster: local }, { cluster: remote });
    if (consumer === undefined && provider === undefined) {
      env.printer.success("global", STRANGERS);
      return;
    }
    if (consumer !== undefined) await requireUnused(ctx, consumer);
    await requireDeletions(ctx, consumer, [identities]);
    await requireDeletions(ctx, provider, [tenants]);
    const options = { timeoutMs: flags.timeout, wait: flags.wait };
    if (consumer !== undefined) await removeIdentity(ctx, env.printer, consumer, options);
    if (provider !== undefined) await removeTenant(ctx, env.printer, provider, options);
  },
});

/** Throws a CliError that names what still needs the identity. */
async function requireUnused(ctx: Context, side: Side): Promise<void> {
  for (const resource of [resourceSlices, virtualNodes]) {
    const { items } = await side.cluster.client.list<{ metadata?: { name?: string } }>(ctx, resource, ownOf(side));
    const [first] = items;
    if (first !== undefined)
      throw new CliError(
        `the authentication is in use: ${items.map(({ metadata }) => `${resource.kind} ${metadata?.name}`).join(", ")}`,
        {
          hint: `\`liqoctl delete ${resource.kind.toLowerCase()} ${first.metadata?.name}\` first, or \`liqoctl unpeer\` for all at once`,
        },
      );
  }
}
