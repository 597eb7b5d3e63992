/** Sends the probes of `liqoctl test network` between two clusters, and takes away what it needs for that. */
import type { Context } from "#base/context.ts";
import type { Cluster } from "../cluster.ts";
import { chooseGroups } from "../network-test/checks.ts";
import { identifyMembers } from "../network-test/members.ts";
import type { TestOptions } from "../network-test/options.ts";
import { setUp, tearDown } from "../network-test/setup.ts";
import { look } from "../why/seen.ts";
import { type Probed, type Probes, TITLES } from "./categories/path.ts";

/** Never asked: the checks that go outside are not among those chosen. */
const OUTSIDE = { address: "192.0.2.1", port: undefined };

export async function probe(ctx: Context, home: Cluster, away: Cluster, timeoutMs: number): Promise<Probed> {
  const options: TestOptions = {
    ...{ basic: false, npExt: false, npNodes: "all", podNp: false, lb: false, ip: false },
    ...{ external: OUTSIDE, failFast: false, verbose: false, timeoutMs },
  };
  return { probes: await look(probeAll(ctx, home, away, options)) };
}

async function probeAll(ctx: Context, home: Cluster, away: Cluster, options: TestOptions): Promise<readonly Probes[]> {
  const members = await identifyMembers(ctx, home, [away]);
  const [consumer] = members;
  if (consumer === undefined) return [];
  try {
    const addresses = await setUp(ctx, members, consumer, options);
    const groups = chooseGroups(options).filter(([title]) => TITLES.some((wanted) => wanted === title));
    const all: Probes[] = [];
    for (const [title, group] of groups) {
      const failures: string[] = [];
      const printer = { info: () => undefined, warning: (_: unknown, text: string) => void failures.push(text) };
      const asking = { printer, verbose: false, failFast: false };
      const tallies = await Promise.all(
        members.map((member) => group(ctx, { members, addresses, options, asking }, member)),
      );
      all.push({ title, succeeded: tallies.reduce((sum, { succeeded }) => sum + succeeded, 0), failures });
    }
    return all;
  } finally {
    await tearDown(ctx, members, options.timeoutMs);
  }
}
