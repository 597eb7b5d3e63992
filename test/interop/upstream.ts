/**
 * Upstream's own programs and chart, where the machine has them: `LIQO_UPSTREAM` names a folder with `bin/` and `chart/`.
 * They run as pods of the embedded engine, whose images file leads upstream's image names to the programs.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestCluster } from "#engines/engine.ts";
import type { Clusters } from "#kit/clusters.ts";
import { output } from "#kit/command.ts";

export interface Upstream {
  readonly bin: string;
  readonly chart: string;
}

/** Image name below `ghcr.io/liqotech/` → program in `bin/`. */
const IMAGES: Readonly<Record<string, string>> = {
  "liqo-controller-manager": "liqo-controller-manager",
  webhook: "webhook",
  ipam: "ipam",
  "crd-replicator": "crd-replicator",
  "virtual-kubelet": "virtual-kubelet",
  uninstaller: "uninstaller",
  fabric: "fabric",
  proxy: "proxy",
  gateway: "gateway",
  "gateway/wireguard": "wireguard",
  "gateway/geneve": "geneve",
};
// The chart asks for a version with a local chart; it names the images, which any tag finds here.
const VERSION = "v1.2.0";
const VALUES = [
  "networking.gatewayTemplates.wireguard.implementation=userspace",
  // Its certificates are made with an image of openssl.
  "metricAgent.enabled=false",
  "requirements.kernel.enabled=false",
];
const INSTALL_MS = 240_000;

/** Where they are, or why they cannot be had: then the suite is skipped. */
export function findUpstream(): Upstream | string {
  const folder = process.env["LIQO_UPSTREAM"];
  if (folder === undefined) return "LIQO_UPSTREAM names no folder with upstream's programs (bin/) and chart (chart/)";
  const upstream = { bin: resolve(folder, "bin"), chart: resolve(folder, "chart") };
  const needed = [
    ...["liqoctl", ...Object.values(IMAGES)].map((program) => join(upstream.bin, program)),
    join(upstream.chart, "Chart.yaml"),
  ];
  const missing = needed.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`LIQO_UPSTREAM=${folder}: there is no ${missing.join(", no ")}`);
  return upstream;
}

/** Lets the nodes of the playground "pull" upstream's images. */
export function offerImages({ bin }: Upstream, home: string): void {
  const images = Object.entries(IMAGES).map(([image, program]) => ({
    names: [`ghcr.io/liqotech/${image}`],
    base: "busybox",
    entrypoint: [`/usr/bin/${program}`],
    root: { binds: [{ host: join(bin, program), path: `/usr/bin/${program}` }] },
  }));
  // JSON is YAML.
  writeFileSync(join(home, "images.yaml"), JSON.stringify({ images }));
}

/** As upstream's documentation has it, with the cluster's name as its id. */
export async function installUpstream(
  { bin, chart }: Upstream,
  { engine }: Clusters,
  { name, podCidr, serviceCidr }: TestCluster,
): Promise<void> {
  const where = ["--context", name, "--cluster-id", name, "--pod-cidr", podCidr, "--service-cidr", serviceCidr];
  const what = ["--local-chart-path", chart, "--version", VERSION, "--disable-telemetry", "--skip-confirm"];
  const set = VALUES.flatMap((value) => ["--set", value]);
  await output(join(bin, "liqoctl"), ["install", ...where, ...what, ...set], {
    env: engine.env,
    timeoutMs: INSTALL_MS,
  });
}
