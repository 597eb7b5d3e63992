/** `liqoctl move volume`: the data of a claim to another cluster, by a repository of restic. Upstream: pkg/liqoctl/move */
import type { ResourceRequirements } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { nodes, persistentVolumeClaims, secrets } from "#machinery/builtin.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { argument } from "../../command/argument.ts";
import { namesOfKind, namespaceNames } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { accessFlags, openOtherIfNamed, openScope, remoteAccessFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { planOf } from "../../plan/model.ts";
import { planMoving } from "../../plan/moving.ts";
import { movingFacts } from "../../plan/moving-facts.ts";
import { accessTo } from "../../why/provider.ts";
import { moveNameOf, moveStateOf } from "./forge.ts";
import { type MovePlan, planMove } from "./plan.ts";
import { claimStateOf, look, requireMovable, requireUnused, type Seen } from "./seen.ts";
import { clear, copy, type Move, recreate, restore } from "./steps.ts";

const moveFlags = {
  ...accessFlags,
  namespace: flag.string("namespace of the claim (default: that of the context)", "name", {
    short: "n",
    complete: namespaceNames,
  }),
  targetNode: flag.required("node, real or virtual, where the volume is to be", "name", {
    complete: namesOfKind(nodes),
  }),
  containersCpuRequests: flag.string("cpu that each container of restic asks for", "quantity"),
  containersCpuLimits: flag.string("cpu that it may use", "quantity"),
  containersRamRequests: flag.string("memory that it asks for", "quantity"),
  containersRamLimits: flag.string("memory that it may use", "quantity"),
  resticImage: flag.string("image of restic", "image", { initial: "restic/restic:0.14.0" }),
  resticServerImage: flag.string("image of restic's server", "image", { initial: "restic/rest-server:0.11.0" }),
  timeout: timeoutFlag("30m"),
};

export const moveVolumeCommand = command({
  path: ["move", "volume"],
  aliases: ["pvc"],
  summary: "Move the volume of a claim of the class liqo to another cluster.",
  description:
    "No pod may use the claim meanwhile. The data is copied into a repository beside the claim, verified, and restored from there into a claim of the same name on the target node, and verified again. Repeat the command when it was interrupted: it goes on, and there always is one whole copy. --timeout is for each of the two copies.",
  examples: [
    "liqoctl move volume data-db-0 --namespace shop --target-node liqo-rome",
    "liqoctl move volume data-db-0 --namespace shop --target-node worker-node-1 --containers-ram-limits 2Gi",
  ],
  args: { claim: argument.one("name of the claim", namesOfKind(persistentVolumeClaims)) },
  flags: moveFlags,
  planFlags: remoteAccessFlags,
  async plan(ctx, env, { args, flags }) {
    resourcesOf(flags);
    using cluster = openScope(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const key = { namespace: flags.namespace ?? cluster.client.namespace, name: args.claim };
    const seen = await look(ctx, cluster.client, key, flags.targetNode);
    const next = nextStep(seen, flags.targetNode).do;
    if (next === "copy") await requireMovable(ctx, cluster.client, key, seen);
    if (next === "restore") await requireUnused(ctx, cluster.client, key);
    const facts = await movingFacts(ctx, await accessTo(ctx, cluster, remote), { key, seen, next });
    return planOf(env.commandLine, [planMoving(facts)]);
  },
  async run(ctx, env, { args, flags }) {
    using cluster = openScope(flags, env);
    const { resticImage, resticServerImage, timeout: timeoutMs } = flags;
    const options = { resticImage, resticServerImage, timeoutMs, resources: resourcesOf(flags) };
    const place = { namespace: flags.namespace ?? cluster.client.namespace, name: args.claim };
    await moveVolume(ctx, { printer: env.printer, cluster, place, options }, flags.targetNode);
  },
});

async function moveVolume(ctx: Context, move: Move, targetNode: string): Promise<void> {
  const { printer, cluster, place } = move;
  let seen = await look(ctx, cluster.client, place, targetNode);
  let plan = nextStep(seen, targetNode);
  if (seen.secret !== undefined) printer.info("local", "A move that was begun goes on");
  if (plan.do === "copy") {
    const secret = await copy(ctx, move, seen, plan.isAnew).catch((error: unknown) => forsake(ctx, move, error));
    seen = { ...seen, secret };
    plan = { do: "recreate" };
  }
  if (plan.do === "recreate" && seen.secret !== undefined) {
    const claim = await recreate(ctx, move, seen, seen.secret);
    seen = { ...seen, claim, volume: undefined };
    plan = { do: "restore" };
  }
  if (plan.do === "restore" && seen.secret !== undefined) {
    await restore(ctx, move, seen, seen.secret);
    plan = { do: "finish" };
  }
  const { secret } = seen;
  if (plan.do === "finish" && secret !== undefined)
    await printer.step("local", "Repository is removed", () => clear(ctx, move, secret));
  printer.success("local", `Claim ${place.namespace}/${place.name} is on node ${targetNode}`);
}

/** Throws a CliError for what cannot be done. */
function nextStep(seen: Seen, targetNode: string): Exclude<MovePlan, { do: "refuse" }> {
  const move = seen.secret === undefined ? undefined : moveStateOf(seen.secret);
  const plan = planMove({ claim: claimStateOf(seen), move, targetNode });
  if (plan.do !== "refuse") return plan;
  if (plan.reason === "missing") throw new CliError("the claim does not exist", { hint: "see `kubectl get pvc`" });
  if (plan.reason === "ending") throw new CliError("the claim is being deleted");
  throw new CliError(`the data is on its way to node ${move?.targetNode}`, {
    hint: `repeat the command with --target-node ${move?.targetNode}, and move it from there`,
  });
}

/** As long as the volume is what it was nothing of the move is worth keeping. */
async function forsake(ctx: Context, move: Move, error: unknown): Promise<never> {
  const { client } = move.cluster;
  const key = { namespace: move.place.namespace, name: moveNameOf(move.place.name) };
  try {
    const secret = await client.find(ctx, secrets, key);
    if (secret !== undefined && moveStateOf(secret)?.isCopied === false) await clear(ctx, move, secret);
  } catch (cause) {
    ctx.log.debug("the repository stays", { error: messageOf(cause) });
  }
  throw error;
}

/** Throws a CliError for what is no quantity. */
function resourcesOf(flags: FlagValues<typeof moveFlags>): ResourceRequirements {
  const read = (name: string, value: string | undefined) => {
    if (value !== undefined && parseQuantityMilli(value) === undefined)
      throw new CliError(`${name} "${value}": must be a quantity`, { hint: "such as 500m, 2 or 4Gi" });
    return value;
  };
  const given = (cpu: string | undefined, memory: string | undefined) => ({
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
  });
  const { containersCpuRequests: cpu, containersCpuLimits: cpuLimit } = flags;
  const { containersRamRequests: ram, containersRamLimits: ramLimit } = flags;
  return {
    requests: given(read("--containers-cpu-requests", cpu), read("--containers-ram-requests", ram)),
    limits: given(read("--containers-cpu-limits", cpuLimit), read("--containers-ram-limits", ramLimit)),
  };
}
