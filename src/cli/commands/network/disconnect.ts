/** `liqoctl network disconnect` and `reset`: the tunnel goes, and what it needs. Upstream: pkg/liqoctl/network/handler.go */
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import type { Context } from "#base/context.ts";
import { type Cluster, clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import type { Environment } from "../../command/environment.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { openRemoteScope, openScope, remoteScopeFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { removeGateways, resetNetwork } from "../../peering/network/removal.ts";
import type { Side } from "../../peering/side.ts";
import { findSides, requireDeletions } from "../../peering/sides.ts";
import { type Plan, planOf } from "../../plan/model.ts";
import { planEnding } from "../../plan/unpeering.ts";
import { sideFacts } from "../../plan/unpeering-facts.ts";

const GATEWAYS = [gatewayClients, gatewayServers, publicKeys];

const flags = {
  ...remoteScopeFlags,
  timeout: timeoutFlag("2m"),
  wait: flag.boolean("wait until all is gone"),
  skipValidation: flag.boolean("as for connect; there is nothing to look at"),
};

export const networkDisconnectCommand = command({
  path: ["network", "disconnect"],
  summary: "Remove the tunnel between two clusters; their CIDRs keep their places.",
  description:
    "Pods of the two clusters reach each other no more, also those of a peering. `liqoctl network connect` brings the tunnel back, with the same addresses. Repeatable.",
  examples: ["liqoctl network disconnect --remote-kubeconfig rome.yaml --wait"],
  flags,
  plan: (ctx, env, given) => planDisconnecting(ctx, env, given.flags, "gateways"),
  run: (ctx, env, given) =>
    disconnect(ctx, env, given.flags, {
      verb: "network disconnect",
      kinds: GATEWAYS,
      step: "Gateways removed",
      remove: removeGateways,
    }),
});

export const networkResetCommand = command({
  path: ["network", "reset"],
  summary: "Remove the tunnel between two clusters and what they know of each other's CIDRs.",
  description:
    "As `liqoctl network disconnect`; `liqoctl network connect` then begins anew, and addresses may differ. Repeatable.",
  examples: ["liqoctl network reset --remote-kubeconfig rome.yaml --wait"],
  flags,
  plan: (ctx, env, given) => planDisconnecting(ctx, env, given.flags, "all"),
  run: (ctx, env, given) =>
    disconnect(ctx, env, given.flags, {
      verb: "network reset",
      kinds: [...GATEWAYS, configurations],
      step: "Network reset",
      remove: resetNetwork,
    }),
});

interface Way {
  readonly verb: string;
  readonly kinds: Parameters<typeof requireDeletions>[2];
  readonly step: string;
  readonly remove: typeof resetNetwork;
}

async function disconnect(
  ctx: Context,
  env: Environment,
  given: FlagValues<typeof flags>,
  { verb, kinds, step, remove }: Way,
): Promise<void> {
  using local = openScope(given, env);
  using remote = openRemoteScope(given, env);
  const sides = await sidesOf(ctx, local, remote, given);
  if (sides.length === 0) {
    env.printer.success("global", "The two clusters are not connected");
    return;
  }
  await Promise.all(sides.map((side) => requireDeletions(ctx, side, kinds)));
  await env.confirm(verb);
  for (const side of sides)
    await env.printer.step(side.scope, step, () => remove(ctx, side, { timeoutMs: given.timeout, wait: given.wait }));
}

async function sidesOf(
  ctx: Context,
  local: Cluster,
  remote: Cluster,
  given: FlagValues<typeof flags>,
): Promise<readonly Side[]> {
  const found = await findSides(
    ctx,
    { cluster: local, namespace: given.namespace },
    { cluster: remote, namespace: given.remoteNamespace },
  );
  return [found.local, found.remote].filter((side) => side !== undefined);
}

async function planDisconnecting(
  ctx: Context,
  env: Environment,
  given: FlagValues<typeof flags>,
  network: "gateways" | "all",
): Promise<Plan> {
  using local = openScope(given, env);
  using remote = openRemoteScope(given, env);
  const sides = await sidesOf(ctx, local, remote, given);
  if (sides.length === 0) return planOf(env.commandLine, [{ remarks: ["the two clusters are not connected"] }]);
  const parts = sides.map(async (side) =>
    planEnding(await sideFacts(ctx, side, await clusterIdOf(ctx, side.cluster)), { network }),
  );
  return planOf(env.commandLine, await Promise.all(parts));
}
