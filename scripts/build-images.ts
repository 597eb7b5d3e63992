/**
 * Builds the images of Liqo, the shop and what the tests run into .build/images, an OCI layout; and of Liqo's and the
 * shop's an archive each, for `ctr -n k8s.io images import`. Run by `make image`.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { BOUTIQUE_SERVICES } from "#playground/images/builtin.ts";
import { packArchive } from "../test/engines/kubernetes/images/archive.ts";
import { buildImages } from "../test/engines/kubernetes/images/build.ts";

const project = join(import.meta.dirname, "..");
const layout = join(project, ".build/images");
const { appVersion } = parse(readFileSync(join(project, "deploy/chart/Chart.yaml"), "utf8")) as { appVersion: string };
const ARCHIVES: Readonly<Record<string, readonly string[]>> = {
  "liqo.tar": [`ghcr.io/liqo-ts/liqo:${appVersion}`],
  "boutique.tar": BOUTIQUE_SERVICES.map((service) => `liqo-ts/boutique-${service}:v1`),
};

const names = await buildImages({ project, layout });
process.stdout.write(`${names.join("\n")}\n`);
for (const [file, images] of Object.entries(ARCHIVES)) {
  await packArchive(layout, join(layout, file), images);
  const megabytes = Math.round(statSync(join(layout, file)).size / 1e6);
  process.stdout.write(`.build/images/${file}: ${megabytes} MB\n`);
}
