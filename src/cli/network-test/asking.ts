/** Has pods ask URLs, and this machine. Upstream: pkg/liqoctl/test/network/check/exec.go, client/http.go */
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { run } from "#base/run.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { execInPod } from "../exec.ts";
import type { Printer } from "../printer/printer.ts";
import type { Member } from "./members.ts";
import { CLUSTER_LABEL } from "./names.ts";
import { PROBE } from "./programs.ts";
import { addTallies, type Tally } from "./tally.ts";

/** Each URL is asked so often before it counts as failed. */
const TRIES = 3;

export interface Asking {
  /** Told what goes wrong, and with `verbose` what does not. */
  readonly printer: Pick<Printer, "info" | "warning">;
  readonly verbose: boolean;
  /** Nothing more is asked after the first failure. */
  readonly failFast: boolean;
}

/** What is wrong, URL by URL; null where nothing is. */
type Ask = (urls: readonly string[]) => Promise<readonly (string | null)[]>;

/** Every pod of that name asks every URL. */
export async function askFromPods(
  ctx: Context,
  asking: Asking,
  { id, cluster }: Member,
  namespace: string,
  name: string,
  urls: readonly string[],
): Promise<Tally> {
  const { items } = await cluster.client.list(ctx, pods, { namespace, labelSelector: `${CLUSTER_LABEL}=${name}` });
  const running = items.filter(
    ({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.phase === "Running",
  );
  if (running.length === 0) {
    asking.printer.warning("global", `No pod ${CLUSTER_LABEL}=${name} runs in namespace ${namespace} of ${id}`);
    return { succeeded: 0, failed: urls.length };
  }
  const askFrom = (pod: Pod): Promise<Tally> => {
    const key = keyOf(pod);
    const ask: Ask = async (some) =>
      JSON.parse(await execInPod(ctx, cluster.client, key, ["node", "-e", PROBE, String(TRIES), ...some]));
    return count(ctx, asking, `pod=${key.name}`, urls, ask);
  };
  return addTallies(await inTurns(running, asking.failFast, askFrom));
}

/** All at a time; with `failFast` one after the other, until one fails. */
export async function inTurns<T>(
  all: readonly T[],
  failFast: boolean,
  check: (item: T) => Promise<Tally>,
): Promise<readonly Tally[]> {
  if (!failFast) return Promise.all(all.map(check));
  const tallies: Tally[] = [];
  for (const item of all) {
    const tally = await check(item);
    tallies.push(tally);
    if (tally.failed > 0) break;
  }
  return tallies;
}

/** The same program, where liqoctl runs. */
export function askFromHere(ctx: Context, asking: Asking, urls: readonly string[]): Promise<Tally> {
  const ask: Ask = async (some) =>
    JSON.parse((await run(process.execPath, ["-e", PROBE, String(TRIES), ...some], { signal: ctx.signal })).stdout);
  return count(ctx, asking, "from=here", urls, ask);
}

async function count(
  ctx: Context,
  { printer, verbose }: Asking,
  who: string,
  urls: readonly string[],
  ask: Ask,
): Promise<Tally> {
  const errors = await answersOf(ctx, urls, ask);
  for (const [i, error] of errors.entries()) {
    if (error !== null)
      printer.warning("global", `Check failed after ${TRIES} tries ${who} target=${urls[i]} error="${error}"`);
    else if (verbose) printer.info("global", `Check successful ${who} target=${urls[i]}`);
  }
  const failed = errors.filter((error) => error !== null).length;
  return { succeeded: errors.length - failed, failed };
}

/** A pod in which nothing can be run has reached nothing. */
async function answersOf(ctx: Context, urls: readonly string[], ask: Ask): Promise<readonly (string | null)[]> {
  try {
    return await ask(urls);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    return urls.map(() => messageOf(error));
  }
}
