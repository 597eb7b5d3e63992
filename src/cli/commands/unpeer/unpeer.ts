/**
 * `liqoctl unpeer`: gives everything back. One of the two clusters may not answer: then the other one is cleaned, and what is
 * left is said. Upstream: pkg/liqoctl/unpeer
 */
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { configurations } from "#api/networking/configuration.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Cluster } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { removeIdentity, removeTenant } from "../../peering/authentication/removal.ts";
import { declareGone } from "../../peering/gone.ts";
import { findLeft, leftThere } from "../../peering/left.ts";
import { removeNamespace } from "../../peering/namespace.ts";
import { resetNetwork } from "../../peering/network/removal.ts";
import { tellLeavingPods } from "../../peering/offloading/leaving-pods.ts";
import { tellLostClaims } from "../../peering/offloading/lost-claims.ts";
import { removeVirtualNodes } from "../../peering/offloading/removal.ts";
import { findParties, type Parties, sideOf } from "../../peering/parties.ts";
import type { RemovalOptions } from "../../peering/remove-all.ts";
import { isBidirectional, type Side } from "../../peering/side.ts";
import { requireDeletions } from "../../peering/sides.ts";
import { type Part, planOf } from "../../plan/model.ts";
import { planEnding } from "../../plan/unpeering.ts";
import { sideFacts } from "../../plan/unpeering-facts.ts";
import type { Printer } from "../../printer/printer.ts";

export const unpeerCommand = command({
  path: ["unpeer"],
  summary: "End the use of a provider: pods come home, the virtual node goes.",
  description:
    "With one of the two clusters silent the other one is cleaned, and what is left is said. A peering in the other direction keeps the network. Says first which pods leave, and which claims lose the data that they have at the provider: with such claims --skip-confirm is needed where nobody is there to confirm.",
  examples: [
    "liqoctl unpeer --remote-kubeconfig rome.yaml",
    "liqoctl unpeer --context milan --remote-context rome --delete-namespaces",
  ],
  flags: {
    ...remoteFlags,
    timeout: timeoutFlag("2m"),
    wait: flag.switchedOn("wait until the network of the peering is gone"),
    deleteNamespaces: flag.boolean("remove the tenant namespaces too"),
  },
  async plan(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    return planOf(env.commandLine, await planUnpeering(ctx, local, remote, flags));
  },
  async run(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    await unpeer(ctx, env.printer, local, remote, {
      timeoutMs: flags.timeout,
      deleteNamespaces: flags.deleteNamespaces,
      wait: flags.wait,
      // Upstream does not ask, and scripts count on it: but for data that would be lost.
      confirm: async (losesData) => (env.isAnswered || losesData ? env.confirm("unpeer") : undefined),
    });
  },
});

export interface UnpeerOptions extends RemovalOptions {
  readonly deleteNamespaces: boolean;
  /** Called when all is known and nothing is changed yet; throws to stop. */
  readonly confirm: (losesData: boolean) => Promise<void>;
}

/** As `unpeer` does it. */
async function planUnpeering(
  ctx: Context,
  local: Cluster,
  remote: Cluster,
  options: Pick<UnpeerOptions, "deleteNamespaces">,
): Promise<Part[]> {
  const parties = await findParties(ctx, local, remote);
  const sides = [parties.consumer, parties.provider].flatMap((party) => {
    const side = sideOf(party);
    return side === undefined ? [] : [{ id: party.id, side, isConsumer: party === parties.consumer }];
  });
  if (sides.length === 0) return [{ remarks: [`${parties.consumer.id} and ${parties.provider.id} are not peered`] }];
  const bidirectional = await checkDirection(
    ctx,
    sides.map(({ side }) => side),
    parties,
    options,
  );
  const left = await findLeft(ctx, parties);
  const parts = sides.map(async ({ id, side, isConsumer }) =>
    planEnding(await sideFacts(ctx, side, id), {
      asConsumer: isConsumer,
      asProvider: !isConsumer,
      isAlone: sides.length === 1,
      ...(!bidirectional && { network: "all" }),
      tenantNamespace: !bidirectional && options.deleteNamespaces,
    }),
  );
  return [...(await Promise.all(parts)), { remarks: left === undefined ? [] : leftThere(left) }];
}

async function unpeer(
  ctx: Context,
  printer: Printer,
  local: Cluster,
  remote: Cluster,
  options: UnpeerOptions,
): Promise<void> {
  const parties = await findParties(ctx, local, remote);
  const [consumer, provider] = [sideOf(parties.consumer), sideOf(parties.provider)];
  const sides = [consumer, provider].filter((side) => side !== undefined);
  if (sides.length === 0) {
    printer.success("global", `${parties.consumer.id} and ${parties.provider.id} are not peered`);
    return;
  }
  const bidirectional = await checkDirection(ctx, sides, parties, options);
  await Promise.all([
    requireDeletions(ctx, consumer, [resourceSlices, virtualNodes, identities, configurations]),
    requireDeletions(ctx, provider, [tenants, configurations]),
    ...(options.deleteNamespaces ? sides.map((side) => requireDeletions(ctx, side, [namespaces])) : []),
  ]);
  const left = await findLeft(ctx, parties);
  if (left !== undefined) printer.warning("global", `${left.silence}: only ${left.peerId} is cleaned`);
  await options.confirm(consumer !== undefined && (await tellLosses(ctx, printer, consumer)));
  if (left !== undefined) for (const { cluster, peerId } of sides) await declareGone(ctx, cluster, peerId);
  if (consumer !== undefined) {
    await removeVirtualNodes(ctx, printer, consumer, options);
    await removeIdentity(ctx, printer, consumer, options);
  }
  if (provider !== undefined) await removeTenant(ctx, printer, provider, options);
  if (bidirectional) printer.info("global", "The network stays: the peering in the other direction uses it");
  else await removeShared(ctx, printer, sides, options);
  // A later peering with the same cluster begins without it.
  for (const { cluster, peerId } of sides) await declareGone(ctx, cluster, peerId, false);
  if (left !== undefined) for (const line of leftThere(left)) printer.warning("global", line);
}

/** Whether data is lost. */
async function tellLosses(ctx: Context, printer: Printer, consumer: Side): Promise<boolean> {
  await tellLeavingPods(ctx, printer, consumer);
  const { cluster, peerId, scope } = consumer;
  return tellLostClaims(ctx, printer, { client: cluster.client, scope }, { provider: peerId });
}

async function checkDirection(
  ctx: Context,
  sides: readonly Side[],
  { consumer, provider }: Parties,
  { deleteNamespaces }: Pick<UnpeerOptions, "deleteNamespaces">,
): Promise<boolean> {
  const answers = await Promise.all(sides.map(({ cluster, peerId }) => isBidirectional(ctx, cluster, peerId)));
  const bidirectional = answers.some((both) => both);
  if (bidirectional && deleteNamespaces)
    throw new CliError(`${provider.id} uses resources of ${consumer.id} too: the tenant namespaces are still in use`, {
      hint: "leave --delete-namespaces out, or unpeer in the other direction first",
    });
  return bidirectional;
}

async function removeShared(
  ctx: Context,
  printer: Printer,
  sides: readonly Side[],
  options: UnpeerOptions,
): Promise<void> {
  await printer.step("global", "Network reset", async () => {
    await Promise.all(sides.map((side) => resetNetwork(ctx, side, options)));
  });
  if (!options.deleteNamespaces) return;
  await printer.step("global", "Tenant namespaces removed", async () => {
    await Promise.all(sides.map((side) => removeNamespace(ctx, side, options)));
  });
}
