/** `make bench`: all measurements, on one demo of its own. Prints figures and ratios; gates nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { output } from "#kit/command.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { apiServerFigures } from "./apiserver.ts";
import { demoFigures } from "./demo.ts";
import { type Figure, printFigures } from "./figures.ts";
import { controlPlaneFigure, cpuFigures, memoryFigures } from "./footprint.ts";
import { offloadingFigures } from "./offloading.ts";
import { tunnelFigures } from "./tunnel.ts";

const ROOT = join(import.meta.dirname, "..");
const SHOP = "liqo-demo";
const NAMESPACE = "bench";
const REST_MS = 10_000;

const home = mkdtempSync(join(tmpdir(), "liqo-bench-"));
const kubeconfig = join(home, "kubeconfig");
const env = { LIQO_PLAYGROUND_HOME: home, KUBECONFIG: kubeconfig, NO_COLOR: "1" };
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const liqoctl = (...args: readonly string[]) => output(join(ROOT, "bin/liqoctl"), args, { env });
const kubectl = (cluster: string, ...args: readonly string[]) =>
  output("kubectl", ["--context", cluster, ...args], { env });

try {
  await report("make demo", () => demoFigures(env));
  await kubectl("milan", "scale", "-n", SHOP, "deployment/loadgenerator", "--replicas=0");
  await delay(REST_MS);
  await report("Memory at rest (proportional)", async () => [
    ...memoryFigures(home),
    ...["milan", "rome"].map((cluster) => controlPlaneFigure(home, cluster)),
  ]);
  await report("Processor at rest", () => cpuFigures(home));
  await kubectl("milan", "delete", "namespace", SHOP);
  using milan = new KubeClient(configFromFile(kubeconfig, { context: "milan" }), "bench");
  using rome = new KubeClient(configFromFile(kubeconfig, { context: "rome" }), "bench");
  await report("API server", () => apiServerFigures(ctx, milan.transport.config));
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  const pair = { home: milan, provider: rome, namespace: NAMESPACE, twin: `${NAMESPACE}-milan` };
  await report("Offloading", () => offloadingFigures(ctx, pair));
  await report("Network", () => tunnelFigures({ kubectl, liqoctl, env, namespace: NAMESPACE }));
} finally {
  await liqoctl("playground", "delete");
  rmSync(home, { recursive: true, force: true });
}

async function report(title: string, measure: () => Promise<Figure[]>): Promise<void> {
  printFigures(title, await measure());
}
