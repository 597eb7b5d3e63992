/**
 * `make demo`: two embedded clusters, Liqo on both, peered, and the shop across both. Repeating it is harmless: each
 * step finds what is done. Run after set-up.
 */

import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import { systemClock } from "#base/clock.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { hasCode, messageOf } from "#base/errors.ts";
import { silentLogger } from "#base/log.ts";
import { createPrinter } from "#cli/printer/printer.ts";
import { table } from "#cli/printer/table.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { Informer } from "#kube/informer/informer.ts";
import { namespaces, pods, services } from "#machinery/builtin.ts";
import { isReady, isTerminating } from "#machinery/pod.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { findRecord, isAlive, startTimeOf } from "#playground/supervisor/processes.ts";
import { startDashboard } from "./demo-dashboard.ts";

const ROOT = join(import.meta.dirname, "..");
const HOME = process.env["LIQO_PLAYGROUND_HOME"] ?? join(homedir(), ".liqo/playground");
const KUBECONFIG = join(HOME, "kubeconfig");
const LOCK = "demo";
const LOCK_FILE = join(HOME, `${LOCK}.pid`);
const MANIFEST = join(ROOT, "apps/boutique/manifest/online-boutique.yaml");
const NAMESPACE = "liqo-demo";
const SHOP_PODS = 12;
const POD_CIDR = "10.244.0.0/16";
const SERVICE_CIDR = "10.96.0.0/16";
const TIMEOUT_MS = 180_000;

/** Another demo holds the lock, which is then not ours to remove. */
class LockedError extends Error {}

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
const ctx: Context = { signal: controller.signal, log: silentLogger };
const printer = createPrinter({
  terminal: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
  write: (text) => process.stdout.write(text),
  print: (text) => process.stdout.write(text),
  clock: systemClock,
});
const startedAt = performance.now();

try {
  lock();
  await demo();
  unlock();
  process.exit(0);
} catch (error) {
  if (error instanceof LockedError) fail(error.message);
  unlock();
  process.stderr.write(`\ndemo: ${messageOf(error)}\n`);
  process.stderr.write(
    `  logs: ${join(HOME, "supervisor.log")}, ${join(HOME, "clusters/*/logs")}\n  start over: make demo-down demo\n`,
  );
  process.exit(1);
}

function unlock(): void {
  rmSync(LOCK_FILE, { force: true });
}

function fail(message: string): never {
  process.stderr.write(`\ndemo: ${message}\n`);
  process.exit(1);
}

async function demo(): Promise<void> {
  await liqoctl("Clusters milan (home) and rome (foreign)", ["playground", "create", "milan", "rome"]);
  await Promise.all(
    ["milan", "rome"].map((name) =>
      liqoctl(`Liqo on ${name}`, [
        "install",
        "--context",
        name,
        "--cluster-id",
        name,
        "--pod-cidr",
        POD_CIDR,
        "--service-cidr",
        SERVICE_CIDR,
        // What goes through the tunnel is seen in the dashboard.
        "--set",
        "metrics.enabled=true",
      ]),
    ),
  );
  await liqoctl("Peering milan → rome", ["peer", "--context", "milan", "--remote-context", "rome"]);
  using client = new KubeClient(configFromFile(KUBECONFIG, { context: "milan" }), "demo");
  await client.create(ctx, namespaces, { metadata: { name: NAMESPACE } }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await liqoctl(`Namespace ${NAMESPACE} offloaded`, ["offload", "namespace", NAMESPACE, "--context", "milan"]);
  // Before the shop, so that its history begins with how that came about.
  const dashboard = await printer.step("global", "The dashboard answers", () => startDashboard(ctx, ROOT, HOME));
  await printer.step("global", "Shop applied with kubectl", () =>
    run("kubectl", ["--context", "milan", "apply", "-n", NAMESPACE, "-f", MANIFEST]),
  );
  const running = await printer.step("global", `${SHOP_PODS} pods are Running and Ready`, (note) =>
    waitForPods(client, note),
  );
  const url = await printer.step("global", "The shop answers", () => waitForShop(client));
  printer.print(picture(running, url, dashboard));
}

function liqoctl(text: string, args: readonly string[]): Promise<void> {
  return printer.step("global", text, async () => {
    await run(join(ROOT, "bin/liqoctl"), args);
  });
}

/** Live count of ready pods until all are. */
async function waitForPods(client: KubeClient, note: (text: string) => void): Promise<Pod[]> {
  const limited = withTimeout(ctx, TIMEOUT_MS);
  await using informer = new Informer(limited, client, pods, { namespace: NAMESPACE });
  for (;;) {
    const live = informer.store.list().filter((pod) => !isTerminating(pod));
    const ready = live.filter(isReady);
    note(`${ready.length} of ${SHOP_PODS}`);
    if (informer.isSynced && ready.length >= SHOP_PODS && ready.length === live.length) return live;
    if (limited.signal.aborted) {
      const late = live
        .filter((pod) => !isReady(pod))
        .map(({ metadata, status, spec }) => `${metadata?.name} (${status?.phase} on ${spec?.nodeName ?? "no node"})`);
      throw new Error(
        `after ${TIMEOUT_MS / 1000} s these pods are not ready: ${late.join(", ") || "some were never created"}; see kubectl describe pod -n ${NAMESPACE}`,
      );
    }
    await sleep(limited, 100);
  }
}

async function waitForShop(client: KubeClient): Promise<string> {
  const limited = withTimeout(ctx, 30_000);
  let problem = "frontend-external has no address";
  while (!limited.signal.aborted) {
    const service = await client.get(ctx, services, { namespace: NAMESPACE, name: "frontend-external" });
    const ip = service.status?.loadBalancer?.ingress?.[0]?.ip;
    if (ip !== undefined) {
      const url = `http://${ip}/`;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
        if (response.ok) return url;
        problem = `${url} answers ${response.status}`;
      } catch (error) {
        problem = `${url}: ${messageOf(error)}`;
      }
    }
    await sleep(limited, 200);
  }
  throw new Error(problem);
}

function picture(running: readonly Pod[], url: string, dashboard: string): string {
  const rows = running
    .map(({ metadata, status, spec }) => [
      metadata?.name ?? "",
      status?.phase ?? "",
      status?.podIP ?? "",
      spec?.nodeName ?? "",
    ])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return [
    "",
    table(["NAME", "STATUS", "IP", "NODE"], rows),
    "",
    `The shop is open at ${url} (${((performance.now() - startedAt) / 1000).toFixed(1)} s). Pods on liqo-rome run in the other cluster.`,
    `All of it is to be seen at ${dashboard} (for one browser; \`make demo\` gives another address).`,
    "",
    `  export KUBECONFIG=${KUBECONFIG} PATH=${ROOT}/bin:${ROOT}/.tools/bin:$PATH`,
    "",
    "Try:",
    `  kubectl get pods -n ${NAMESPACE} -o wide`,
    `  kubectl delete pod -n ${NAMESPACE} -l app=paymentservice      # comes back, maybe elsewhere`,
    `  kubectl port-forward -n ${NAMESPACE} service/frontend-external 8080:80`,
    "  liqoctl info",
    "  make demo-down",
  ].join("\n");
}

/** One demo at a time; a lock left by a crash is taken over. */
function lock(): void {
  mkdirSync(HOME, { recursive: true });
  const other = findRecord(HOME, LOCK);
  if (other !== undefined && !isAlive(other)) unlock();
  const own = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };
  try {
    writeFileSync(LOCK_FILE, JSON.stringify(own), { flag: "wx" });
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw cause;
    const holder = findRecord(HOME, LOCK)?.pid ?? "just starting";
    throw new LockedError(`another \`make demo\` runs already (process ${holder}); wait for it, or stop it`, { cause });
  }
}

/** Runs a program quietly; its output is the error message when it fails. */
function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG, LIQO_PLAYGROUND_HOME: HOME, NO_COLOR: "1" };
    const child = spawn(file, [...args], { stdio: ["ignore", "pipe", "pipe"], env, signal: ctx.signal });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${file.split("/").at(-1)} ${args.join(" ")}\n${output.trim()}`)),
    );
  });
}
