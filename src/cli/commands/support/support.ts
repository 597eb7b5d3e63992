/** `liqoctl support`: all that helps to help, in one file that may be passed on. Not upstream's. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { VERSION } from "#base/version.ts";
import { judge } from "../../check/all.ts";
import type { ClusterFacts } from "../../check/facts.ts";
import { gather } from "../../check/gather.ts";
import { answered, type Cluster, clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openLocal, openOtherIfNamed, remoteFlags } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { packArchive } from "../../support/archive.ts";
import { filesOf } from "../../support/files.ts";
import { gatherEntries } from "../../support/gather.ts";
import { visible } from "../../why/seen.ts";

export const supportCommand = command({
  path: ["support"],
  summary: "Collect what helps to help, of one cluster or of two, in a file that may be passed on.",
  description:
    "Objects of Liqo and around it, logs of its pods, what nodes and gateways have in their kernels, metrics, and what `liqoctl check` says, as far as this user may see them. Of Secrets only names are read. Addresses, hosts, keys and tokens have other names in the file: the same one has the same name throughout, and CIDRs still contain what they contained. Look at it before you pass it on.",
  examples: ["liqoctl support", "liqoctl support --context milan --remote-context rome --output milan-and-rome.tar.gz"],
  flags: {
    ...remoteFlags,
    output: flag.string("file to write (default: liqo-support-<cluster>-<time>.tar.gz)", "path", {
      short: "o",
      complete: "files",
    }),
  },
  async run(ctx, env, { flags }) {
    using home = openLocal(flags, env);
    using away = openOtherIfNamed(flags, env, flags.remoteNamespace ?? flags.namespace);
    const id = await clusterIdOf(ctx, home);
    const nowMs = systemClock.epochMs();
    const path = flags.output ?? `liqo-support-${id}-${stamp(nowMs)}.tar.gz`;
    const collected = await env.printer.step("global", "Collected", () => collect(ctx, home, away));
    // Nobody is ever told the key: what has another name keeps it.
    const archive = await packArchive(filesOf(collected, randomBytes(32)), new Date(nowMs));
    await write(path, archive);
    env.printer.print(`${path} is ready, ${Math.ceil(archive.length / 1024)} KiB: look at it before you pass it on`);
  },
});

async function collect(ctx: Context, home: Cluster, away: Cluster | undefined) {
  const clusters = [home, ...(away === undefined ? [] : [away])];
  const sides = await Promise.all(
    clusters.map(async (cluster) => {
      const name = await answered(ctx, cluster, (limited) => clusterIdOf(limited, cluster));
      const other = cluster === home ? away : home;
      const facts = await gather(ctx, cluster, { name, isBefore: false, other });
      return { name, server: cluster.server, facts, entries: await gatherEntries(ctx, cluster) };
    }),
  );
  const [here, there] = sides;
  if (here === undefined) throw new Error("there is no cluster");
  return {
    sides,
    checks: judge({ home: here.facts, away: there?.facts }),
    versions: {
      liqoctl: VERSION,
      ...Object.fromEntries(sides.map(({ name, facts }) => [name, versionOf(facts)])),
    },
  };
}

function versionOf({ api }: ClusterFacts): string {
  return visible(api)?.version ?? "unknown";
}

/** `20261130-120000`, by which files sort. */
function stamp(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}

async function write(path: string, archive: Buffer): Promise<void> {
  try {
    // One that is there already is not somebody's to lose.
    await writeFile(path, archive, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CliError(`--output ${path}: ${messageOf(cause)}`, { cause, hint: "give another file" });
  }
}
