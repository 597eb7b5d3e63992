/**
 * `liqoctl force unpeer`: removes everything of a peer at this cluster alone, in both directions. Upstream:
 * pkg/liqoctl/force/unpeer
 */
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { namespaces } from "#machinery/builtin.ts";
import { requireRights } from "../../checks/rights.ts";
import { answered, type Cluster, clusterIdOf } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { peerIds } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { clusterFlags, openLocal } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { removeIdentity, removeTenant } from "../../peering/authentication/removal.ts";
import { declareGone } from "../../peering/gone.ts";
import { removeNamespace } from "../../peering/namespace.ts";
import { resetNetwork } from "../../peering/network/removal.ts";
import { tellLeavingPods } from "../../peering/offloading/leaving-pods.ts";
import { tellLostClaims } from "../../peering/offloading/lost-claims.ts";
import { removeVirtualNodes } from "../../peering/offloading/removal.ts";
import type { Side } from "../../peering/side.ts";
import { planOf, step } from "../../plan/model.ts";
import { planEnding } from "../../plan/unpeering.ts";
import { sideFacts } from "../../plan/unpeering-facts.ts";
import type { Printer } from "../../printer/printer.ts";
import { findTenantNamespace } from "../../tenant.ts";

export const forceUnpeerCommand = command({
  path: ["force", "unpeer"],
  summary: "Remove everything of a peer at this cluster alone: it is unreachable and will not come back.",
  examples: ["liqoctl force unpeer rome"],
  args: { clusterId: argument.one("id of the peer", peerIds) },
  flags: clusterFlags,
  async plan(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    const { peer, side } = await findPeer(ctx, cluster, args.clusterId);
    const id = await clusterIdOf(ctx, cluster);
    if (side === undefined)
      return planOf(env.commandLine, [
        { steps: [step(id, "delete", foreignClusters, peer ?? {}, "nothing else is left")] },
      ]);
    const all = { asConsumer: true, asProvider: true, isAlone: true, network: "all", tenantNamespace: true } as const;
    const remarks = [`what ${args.clusterId} still keeps for this cluster goes by \`liqoctl force unpeer\` there`];
    return planOf(env.commandLine, [planEnding(await sideFacts(ctx, side, id), all), { remarks }]);
  },
  async run(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    const confirm = () => env.confirm("force unpeer");
    await forceUnpeer(ctx, env.printer, cluster, args.clusterId, confirm);
  },
});

// Upstream's verb has no --timeout either.
const OPTIONS = { timeoutMs: 120_000, wait: true };

/** `confirm` is called when all is known and nothing is changed yet; throws to stop. */
async function forceUnpeer(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  peerId: string,
  confirm: () => Promise<void>,
): Promise<void> {
  const { side } = await findPeer(ctx, cluster, peerId);
  await requireRights(ctx, cluster, [
    { verb: "patch", resource: foreignClusters },
    { verb: "delete", resource: namespaces },
  ]);
  if (side !== undefined) {
    await tellLeavingPods(ctx, printer, side);
    await tellLostClaims(ctx, printer, { client: cluster.client, scope: side.scope }, { provider: peerId });
  }
  await confirm();
  await printer.step("local", `${peerId} declared permanently unreachable`, () => declareGone(ctx, cluster, peerId));
  if (side === undefined) {
    await cluster.client.deleteIfPresent(ctx, foreignClusters, { name: peerId });
    return;
  }
  await removeVirtualNodes(ctx, printer, side, OPTIONS);
  await removeIdentity(ctx, printer, side, OPTIONS);
  await removeTenant(ctx, printer, side, OPTIONS);
  await printer.step("local", "Network reset", () => resetNetwork(ctx, side, OPTIONS));
  await printer.step("local", "Tenant namespace removed", () => removeNamespace(ctx, side, OPTIONS));
  printer.info("local", `What ${peerId} still keeps for this cluster goes by \`liqoctl force unpeer\` there`);
}

/** Throws a CliError when nothing is known of it. */
async function findPeer(
  ctx: Context,
  cluster: Cluster,
  peerId: string,
): Promise<{ readonly peer: ForeignCluster | undefined; readonly side: Side | undefined }> {
  const peer = await answered(ctx, cluster, (limited) =>
    cluster.client.find(limited, foreignClusters, { name: peerId }),
  );
  const namespace = await findTenantNamespace(ctx, cluster.client, peerId);
  if (peer === undefined && namespace === undefined)
    throw new CliError(`remote cluster with ID ${peerId} not found`, {
      hint: "`kubectl get foreignclusters` lists those that are known",
    });
  return { peer, side: namespace === undefined ? undefined : { scope: "local", cluster, peerId, namespace } };
}
