/**
 * `make conformance-mcs`: the conformance suite of sigs.k8s.io/mcs-api, as it is, on two embedded clusters that are peered.
 * It makes the same namespace in both and expects them to be one: an administrator of both makes rome's the twin of milan's.
 * Services are not reflected, since it makes the same ones in both, too.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Namespace } from "kubernetes-types/core/v1";
import { namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { silentLogger } from "#base/log.ts";
import { installLiqo, startClusters } from "#kit/clusters.ts";
import { outcome, output } from "#kit/command.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { type Controller, DONE, runController, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { namespaces } from "#machinery/builtin.ts";

/** Its suite is a module without releases: it is taken from the repository, at this commit. */
const REPOSITORY = process.env["MCS_API"] ?? "https://github.com/kubernetes-sigs/mcs-api";
const COMMIT = "ded161a";
const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".tools/mcs-conformance");
const SUITE = join(FOLDER, "conformance.test");
const REPORTS = join(ROOT, ".build/conformance-mcs");
const BUILD_MS = 30 * 60_000;
const RUN_MS = 40 * 60_000;

/** The suite's pods run these, of the machine: there is nothing to pull. */
const PROGRAMS = { socat: "socat", nc: "netcat-openbsd", nslookup: "bind9-dnsutils" } as const;
const IMAGES = "images:\n  - { names: [alpine/socat], base: host, entrypoint: [socat] }\n";

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`conformance-mcs: ${messageOf(error)}\n`);
  return 1;
});

async function main(args: readonly string[]): Promise<number> {
  const obstacle = await missing();
  if (obstacle !== undefined) {
    process.stdout.write(`conformance-mcs: skipped: ${obstacle}\n`);
    return 0;
  }
  await buildSuite();
  await using clusters = await startClusters(
    // Addresses are compared between the clusters: with CIDRs of their own none is translated.
    { name: "milan", workers: 1, podCidr: "10.244.0.0/16" },
    { name: "rome", workers: 1, podCidr: "10.245.0.0/16" },
  );
  const { engine } = clusters;
  writeFileSync(join(dirname(engine.kubeconfig), "images.yaml"), IMAGES);
  const values = ["mcs.enabled=true", "offloading.reflection.service.type=AllowList"].flatMap((each) => [
    "--set",
    each,
  ]);
  for (const cluster of clusters.clusters) await installLiqo(clusters, cluster, cluster.name, ...values);
  await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
  const { ctx, cancel } = withCancel({ signal: AbortSignal.timeout(RUN_MS), log: silentLogger });
  const twinning = pairNamespaces(ctx, engine.kubeconfig);
  const code = await runSuite(engine.kubeconfig, args);
  cancel();
  await twinning;
  process.stdout.write(`${summary()}\n`);
  return code;
}

async function missing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "embedded clusters need root";
  const has = async (program: string) => (await outcome("sh", ["-c", `command -v ${program}`])).code === 0;
  if (!existsSync(SUITE) && !(await has("go"))) return "the suite is built by Go, which is not there";
  for (const [program, debian] of Object.entries(PROGRAMS))
    if (!(await has(program))) return `its pods need ${program}: apt-get install ${debian}`;
  return undefined;
}

async function buildSuite(): Promise<void> {
  if (existsSync(SUITE)) return;
  process.stdout.write("conformance-mcs: building the suite (minutes, the first time)\n");
  const source = join(FOLDER, "source");
  rmSync(source, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await output("git", ["clone", "--quiet", REPOSITORY, source], { timeoutMs: BUILD_MS });
  await output("git", ["-C", source, "checkout", "--quiet", COMMIT]);
  const build = ["-C", join(source, "conformance"), "test", "-c", "-o", SUITE, "."];
  await output("go", build, { timeoutMs: BUILD_MS });
}

/** Resolves when the context ends. */
async function pairNamespaces(ctx: Context, kubeconfig: string): Promise<void> {
  using milan = new KubeClient(configFromFile(kubeconfig, { context: "milan" }), "conformance");
  using rome = new KubeClient(configFromFile(kubeconfig, { context: "rome" }), "conformance");
  await using homes = new Informers(ctx, milan);
  await using theirs = new Informers(ctx, rome);
  const [local, remote] = [homes.for(namespaces), theirs.for(namespaces)];
  const maps = theirs.for(namespaceMaps, { namespace: "liqo-tenant-milan" });
  const isOfSuite = ({ metadata }: Namespace): boolean => metadata?.name?.startsWith("mcs-conformance-") === true;
  const controller: Controller = {
    name: "twins",
    watches: [
      watchFor(local, isOfSuite),
      watchFor(remote, isOfSuite),
      watchMapped(maps, ({ spec }) => Object.keys(spec?.desiredMapping ?? {}).map((name) => ({ name }))),
    ],
    reconcile: async (_ctx, { name }) => {
      const pair = [local, remote].map((each) => each.store.get({ name }));
      if (pair.some((each) => each === undefined || each.metadata?.deletionTimestamp !== undefined)) return DONE;
      const spec = { namespaceMappingStrategy: "EnforceSameName", podOffloadingStrategy: "Local" } as const;
      const offloading = { metadata: { namespace: name, name: "offloading" }, spec };
      await milan.createIfAbsent(ctx, namespaceOffloadings, offloading);
      // Before milan asks for it, a twin of milan's would be taken away.
      if (!maps.store.list().some((map) => map.spec?.desiredMapping?.[name] === name)) return DONE;
      const annotations = {
        "liqo.io/managed-by-namespace-map": "liqo-tenant-milan/rome",
        "liqo.io/original-name": name,
      };
      const metadata = { annotations, labels: { "liqo.io/remote-cluster-id": "milan" } };
      await rome.patch(ctx, namespaces, { name }, "merge", { metadata });
      return DONE;
    },
  };
  await runController(ctx, controller);
}

async function runSuite(kubeconfig: string, args: readonly string[]): Promise<number> {
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  const flags = [
    `-kubeconfig=${kubeconfig}`,
    "-contexts=milan,rome",
    `-test.timeout=${RUN_MS}ms`,
    `-ginkgo.json-report=${join(REPORTS, "report.json")}`,
    "-ginkgo.no-color",
    "-ginkgo.v",
    ...args,
  ];
  const child = spawn(SUITE, flags, { cwd: REPORTS, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

interface Report {
  readonly SpecReports: readonly {
    readonly State: string;
    readonly LeafNodeType: string;
    readonly LeafNodeText: string;
    readonly ContainerHierarchyLabels?: readonly (readonly string[] | null)[] | null;
    readonly LeafNodeLabels?: readonly string[] | null;
  }[];
}

/** Of all, and of those that a conformant implementation has to pass; those that failed by name. */
function summary(): string {
  const [report] = JSON.parse(readFileSync(join(REPORTS, "report.json"), "utf8")) as readonly Report[];
  const specs = (report?.SpecReports ?? []).filter(
    ({ LeafNodeType, State }) => LeafNodeType === "It" && State !== "skipped",
  );
  const isRequired = (spec: (typeof specs)[number]): boolean =>
    [...(spec.ContainerHierarchyLabels ?? []), spec.LeafNodeLabels].some((labels) => labels?.includes("Required"));
  const line = (what: string, of: typeof specs): string =>
    `${what}: ${of.filter(({ State }) => State === "passed").length} of ${of.length} passed`;
  const failed = specs.filter(({ State }) => State !== "passed").map(({ LeafNodeText }) => `  failed: ${LeafNodeText}`);
  const required = specs.filter(isRequired);
  const optional = specs.filter((spec) => !isRequired(spec));
  return [`conformance-mcs: ${line("required", required)}, ${line("optional", optional)}`, ...failed].join("\n");
}
