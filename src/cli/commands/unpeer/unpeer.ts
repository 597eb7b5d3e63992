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
import type { Resource } from "#machinery/gvk.ts";
import { requireRights } from "../../checks/rights.ts";
import type { Cluster } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { declareGone } from "../peer/gone.ts";
import { tellLeavingPods } from "../peer/leaving-pods.ts";
import { findLeft, leftThere } from "../peer/left.ts";
import { findParties, type Parties, type Party } from "../peer/parties.ts";
import { isBidirectional } from "../peer/peer.ts";
import {
  type RemovalOptions,
  removeNamespace,
  removeTenant,
  removeUse,
  resetNetwork,
  type Side,
} from "../peer/removal.ts";

export const unpeerCommand = command({
  path: ["unpeer"],
  summary: "End the use of a provider: pods come home, the virtual node goes.",
  description:
    "With one of the two clusters silent the other one is cleaned, and what is left is said. A peering in the other direction keeps the network.",
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
  async run(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    await unpeer(ctx, env.printer, local, remote, {
      timeoutMs: flags.timeout,
      deleteNamespaces: flags.deleteNamespaces,
      wait: flags.wait,
      // Upstream does not ask, and scripts count on it.
      confirm: async () => (env.isAnswered ? env.confirm("unpeer") : undefined),
    });
  },
});

export interface UnpeerOptions extends RemovalOptions {
  readonly deleteNamespaces: boolean;
  /** Called when all is known and nothing is changed yet; throws to stop. */
  readonly confirm: () => Promise<void>;
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
  ]);
  const left = await findLeft(ctx, parties);
  if (left !== undefined) printer.warning("global", `${left.silence}: only ${left.peerId} is cleaned`);
  if (consumer !== undefined) await tellLeavingPods(ctx, printer, consumer);
  await options.confirm();
  if (left !== undefined) for (const { cluster, peerId } of sides) await declareGone(ctx, cluster, peerId);
  if (consumer !== undefined) await removeUse(ctx, printer, consumer, options);
  if (provider !== undefined) await removeTenant(ctx, printer, provider, options);
  if (bidirectional) printer.info("global", "The network stays: the peering in the other direction uses it");
  else await removeShared(ctx, printer, sides, options);
  // A later peering with the same cluster begins without it.
  for (const { cluster, peerId } of sides) await declareGone(ctx, cluster, peerId, false);
  if (left !== undefined) for (const line of leftThere(left)) printer.warning("global", line);
}

/** Undefined where there is nothing to do: it does not answer, or knows nothing of the peer. */
function sideOf({ scope, cluster, peerId, namespace }: Party): Side | undefined {
  return namespace === undefined ? undefined : { scope, cluster, peerId, namespace };
}

async function checkDirection(
  ctx: Context,
  sides: readonly Side[],
  { consumer, provider }: Parties,
  { deleteNamespaces }: UnpeerOptions,
): Promise<boolean> {
  const answers = await Promise.all(sides.map(({ cluster, peerId }) => isBidirectional(ctx, cluster, peerId)));
  const bidirectional = answers.some((both) => both);
  if (bidirectional && deleteNamespaces)
    throw new CliError(`${provider.id} uses resources of ${consumer.id} too: the tenant namespaces are still in use`, {
      hint: "leave --delete-namespaces out, or unpeer in the other direction first",
    });
  return bidirectional;
}

async function requireDeletions(ctx: Context, side: Side | undefined, kinds: readonly Resource[]): Promise<void> {
  if (side === undefined) return;
  const { namespace, cluster } = side;
  await requireRights(
    ctx,
    cluster,
    kinds.map((resource) => ({ verb: "delete", resource, namespace }) as const),
  );
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
