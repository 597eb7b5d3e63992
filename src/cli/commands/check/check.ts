/** `liqoctl check`: whether all is as it must be, before Liqo, before a peering and at any time. Not upstream's; as `linkerd check`. */
import { systemClock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { judge } from "../../check/all.ts";
import type { CategoryResult } from "../../check/check.ts";
import { countFailed, FORMATS, formatResults } from "../../check/format.ts";
import { gather } from "../../check/gather.ts";
import { probe } from "../../check/probe.ts";
import type { Cluster } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { openLocal, openOtherIfNamed, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";

const AGAIN_MS = 1_000;
/** What the probes need may have to be pulled first. */
const PATH_MS = 180_000;

const checkFlags = {
  ...remoteFlags,
  pre: flag.boolean("only what an installation needs, even where Liqo is installed"),
  path: flag.boolean(
    "send the probes of `liqoctl test network`, too: makes namespaces on both clusters and removes them",
  ),
  output: flag.choice("how much is shown: wide adds what was found, short leaves out what is well", "format", FORMATS, {
    short: "o",
    initial: "table",
  }),
  wait: flag.boolean("check again until nothing fails"),
  timeout: timeoutFlag("2m"),
};

export const checkCommand = command({
  path: ["check"],
  summary: "Check that a cluster, Liqo on it and its peerings are as they must be.",
  description:
    "Finds out how far the cluster is: without Liqo it checks what an installation needs, with it the installation and each of its peerings. With a remote cluster it checks both, and what they must agree on: run it before `liqoctl peer`. √ is well, ‼ works or could not be asked, × will not work; below stands what was found, and what to do. The exit status is 1 when something fails, 0 with warnings alone. Nothing is changed, except by --path.",
  examples: [
    "liqoctl check --pre",
    "liqoctl check --context milan --remote-context rome",
    "liqoctl check -o short --wait --timeout 5m",
  ],
  flags: checkFlags,
  async run(ctx, env, { flags }) {
    using home = openLocal(flags, env);
    using away = openOtherIfNamed(flags, env, flags.remoteNamespace ?? flags.namespace);
    if (flags.path && away === undefined)
      throw new CliError("--path needs a second cluster", { hint: "give --remote-context or --remote-kubeconfig" });
    const results = await checkUntilWell(ctx, home, away, flags);
    env.printer.print(formatResults(results, flags.output));
    const failures = countFailed(results);
    if (failures > 0) throw new CliError(`${failures} check${failures === 1 ? " fails" : "s fail"}`);
  },
});

async function checkUntilWell(
  ctx: Context,
  home: Cluster,
  away: Cluster | undefined,
  flags: FlagValues<typeof checkFlags>,
): Promise<CategoryResult[]> {
  const untilMs = systemClock.nowMs() + (flags.wait ? flags.timeout : 0);
  for (;;) {
    const results = await check(ctx, home, away, flags);
    if (countFailed(results) === 0 || systemClock.nowMs() >= untilMs || ctx.signal.aborted) return results;
    await sleep(ctx, AGAIN_MS);
  }
}

async function check(
  ctx: Context,
  home: Cluster,
  away: Cluster | undefined,
  { pre: isBefore, path }: FlagValues<typeof checkFlags>,
): Promise<CategoryResult[]> {
  const [here, there, probed] = await Promise.all([
    gather(ctx, home, { name: home.contextName ?? "this cluster", isBefore, other: away }),
    away && gather(ctx, away, { name: away.contextName ?? "the remote cluster", isBefore, other: home }),
    path && away !== undefined ? probe(ctx, home, away, PATH_MS) : undefined,
  ]);
  return judge({ home: here, away: there, probed });
}
