/** `liqoctl install --plan`: what it would do. Asks Helm, which renders as it would install, and the cluster. */
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { parseApiVersion } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Cluster } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import { installFacts } from "../../plan/install/facts.ts";
import { type HelmRecord, planInstalling } from "../../plan/install/installing.ts";
import { type Plan, planOf, titleOf } from "../../plan/model.ts";
import { kindsOf } from "../../plan/objects.ts";
import type { Printer } from "../../printer/printer.ts";
import { readCrds } from "./crds.ts";
import type { InstallOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { recordsOf } from "./records.ts";
import { parseManifest, type Release, type RenderedRelease, renderRelease, UPGRADE } from "./release.ts";
import { findUpstream } from "./replaced.ts";

export async function foretell(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions & { readonly commandLine: string },
): Promise<Plan> {
  checkAlone(options);
  const { clusterId, isNew, release } = await prepare(ctx, printer, cluster, options);
  const [replaced, records, kinds] = await Promise.all([
    findUpstream(ctx, cluster),
    recordsOf(ctx, cluster),
    kindsOf(ctx, cluster.client),
  ]);
  const crds = readCrds(join(options.chart, "crds"));
  const known = new Set(kinds.all.map(({ group, kind }) => `${group}/${kind}`));
  const rendered = await render(ctx, options.helm, release, { records, known });
  const before = await manifestOf(ctx, options.helm, cluster, records);
  const facts = await installFacts(ctx, cluster, {
    id: clusterId,
    kinds,
    crds,
    wanted: parseManifest(rendered.manifest ?? ""),
    before: parseManifest(before),
    hooks: hooksOf(rendered),
    records,
    remarks: [
      ...(replaced === undefined ? [] : [replaced]),
      ...(isNew && options.clusterId === undefined
        ? [`the cluster id ${clusterId} is made up anew each time: --cluster-id gives one that stays`]
        : []),
    ],
  });
  return planOf(options.commandLine, planInstalling(facts));
}

function checkAlone({ dryRun, onlyOutputValues }: InstallOptions): void {
  const other = dryRun ? "--dry-run" : onlyOutputValues ? "--only-output-values" : undefined;
  if (other !== undefined)
    throw new CliError(`--plan and ${other} are two questions`, {
      hint: "leave one of them out: --dry-run has the chart rendered only, --plan compares with the cluster",
    });
}

interface Known {
  readonly records: readonly HelmRecord[];
  /** `group/kind`, as the cluster serves them. */
  readonly known: ReadonlySet<string>;
}

async function render(
  ctx: Context,
  flags: HelmFlags,
  release: Release,
  { records, known }: Known,
): Promise<RenderedRelease> {
  // A refused uninstallation is taken back first: Helm upgrades none that is not.
  const isRefused = records.at(-1)?.status === "uninstalling";
  const verb = isRefused ? ["install"] : UPGRADE;
  const rendered = await renderRelease(ctx, flags, release, { verb, side: "client" });
  const isServed = (object: KubeObject): boolean =>
    known.has(`${parseApiVersion(object.apiVersion ?? "").group}/${object.kind}`);
  if (!parseManifest(rendered.manifest ?? "").every(isServed)) return rendered;
  return renderRelease(ctx, flags, release, { verb, side: "server" });
}

/** Of the release that an upgrade starts from: the last one that came about. */
async function manifestOf(
  ctx: Context,
  flags: HelmFlags,
  { liqoNamespace }: Cluster,
  records: readonly HelmRecord[],
): Promise<string> {
  const last = records.findLast(({ status }) => status === "deployed") ?? records.at(-1);
  if (last === undefined) return "";
  return helm(ctx, flags, [
    ...["get", "manifest", RELEASE, "--namespace", liqoNamespace],
    ...["--revision", String(last.revision)],
  ]);
}

/** Those that an installation or an upgrade runs. */
function hooksOf({ hooks = [] }: RenderedRelease): string[] {
  return hooks
    .filter(({ events = [] }) => events.some((event) => /^(pre|post)-(install|upgrade)$/.test(event)))
    .map(({ kind, name }) => titleOf({ kind, metadata: { name } }));
}
