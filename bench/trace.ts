/** Where does the time of one offloaded pod go? Each step as a watch on the API server concerned first shows it. */
import { setTimeout as delay } from "node:timers/promises";
import type { Pod } from "kubernetes-types/core/v1";
import { shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { pods } from "#machinery/builtin.ts";
import { type Figure, quantile } from "./figures.ts";
import { Observer } from "./observer.ts";
import { forgePod, type Pair, relistOffsetMs } from "./offloading.ts";

const ROUNDS = 20;
const STEPS = [
  "home: create answered",
  "home: bound to the virtual node",
  "provider: ShadowPod created",
  "provider: Pod created",
  "provider: Pod bound to a node",
  "provider: Pod Running",
  "home: Running",
] as const;

/** Median time of each step since the one before it, and since the request was sent. */
export async function traceFigures(ctx: Context, pair: Pair): Promise<Figure[]> {
  const { home, provider, namespace, twin } = pair;
  using atHome = await Observer.open(ctx, home, pods, namespace);
  using shadows = await Observer.open(ctx, provider, shadowPods, twin);
  using remote = await Observer.open(ctx, provider, pods, twin);
  const rounds: number[][] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const name = `trace-${i}`;
    const isIt = (pod: { metadata?: { name?: string } }): boolean => pod.metadata?.name === name;
    const isBound = (pod: Pod): boolean => isIt(pod) && pod.spec?.nodeName !== undefined;
    const isRunning = (pod: Pod): boolean => isIt(pod) && pod.status?.phase === "Running";
    const seen = [
      atHome.first(isBound),
      shadows.first(isIt),
      remote.first(isIt),
      remote.first(isBound),
      remote.first(isRunning),
      atHome.first(isRunning),
    ];
    await delay(relistOffsetMs(i, ROUNDS));
    const startedAt = performance.now();
    await home.create(ctx, pods, forgePod(namespace, name, true));
    const answeredAt = performance.now();
    rounds.push([answeredAt, ...(await Promise.all(seen))].map((at) => at - startedAt));
    await home.delete(ctx, pods, { namespace, name });
  }
  return STEPS.map((name, step) => {
    const since = (round: number[]): number => (round[step] ?? 0) - (step === 0 ? 0 : (round[step - 1] ?? 0));
    const sinceRequest = quantile(
      rounds.map((round) => round[step] ?? 0),
      0.5,
    );
    return {
      name,
      value: quantile(rounds.map(since), 0.5),
      unit: "ms",
      reference: { name: "since the request", value: sinceRequest },
    };
  });
}
