/** Plans, looks that nothing is written, does it, and compares: over all kinds of the clusters. */
import assert from "node:assert/strict";
import { type Change, isTold, type Plan } from "#cli/plan/model.ts";
import { machineOf } from "#engines/choose.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { inventory, nameOf } from "#kit/inventory.ts";
import { type MetadataInventory, openMetadataInventory } from "#kit/metadata-inventory.ts";

const READ_VERBS = new Set(["get", "list", "watch"]);
/** What liqoctl runs, too. */
const ASKING = /^(liqoctl|helm)/i;

/** What controllers make last of an installation. */
const INSTALLED = [
  "FirewallConfiguration liqo/api-server-proxy-remap-ipmapping-gw",
  "FirewallConfiguration liqo/api-server-remap-ipmapping-gw",
  "FirewallConfiguration liqo/gw-mss-clamping",
  "FirewallConfiguration liqo/service-nodeport-routing",
  "RouteConfiguration liqo/worker-node-1-extcidr",
  "RouteConfiguration liqo/worker-node-1-gw-node",
  "RouteConfiguration liqo/worker-node-1-service-nodeport-routing",
  "Secret liqo/authentication-keys",
];

export class PlanSteps implements Disposable {
  readonly #clusters: Clusters;
  readonly #inventories: ReadonlyMap<string, MetadataInventory>;

  constructor(clusters: Clusters) {
    this.#clusters = clusters;
    const { kubeconfig } = clusters.engine;
    this.#inventories = new Map(clusters.clusters.map(({ name }) => [name, openMetadataInventory(kubeconfig, name)]));
  }

  [Symbol.dispose](): void {
    for (const inventory of this.#inventories.values()) inventory[Symbol.dispose]();
  }

  async untilInstalled(): Promise<void> {
    await eventually("all that follows from an installation", async () => {
      const now = await this.told();
      const wanted = [...this.#inventories.keys()].flatMap((name) => INSTALLED.map((line) => `${name} ${line}`));
      assert.deepEqual(
        wanted.filter((line) => !now.includes(line)),
        [],
      );
    });
  }

  /** Gives the plan that came true; `status` is its exit status. */
  async follow(status: number, ...args: readonly string[]): Promise<Plan> {
    const before = await this.told();
    const { code, plan } = await this.planned(args);
    assert.equal(code, status);
    // The line that it says itself.
    await this.#clusters.liqoctl(...plan.command.split(" ").slice(1), "--skip-confirm");
    const wanted = { create: linesOf(plan.changes, "create"), delete: linesOf(plan.changes, "delete") };
    await eventually(`what the plan of ${args.join(" ")} says`, async () => {
      const now = await this.told();
      assert.deepEqual(
        {
          create: now
            .filter((line) => !before.includes(line))
            .map(withoutUid)
            .sort(),
          delete: before.filter((line) => !now.includes(line)),
        },
        wanted,
      );
    });
    return plan;
  }

  async planned(args: readonly string[]): Promise<{ code: number; plan: Plan }> {
    const { engine, tryLiqoctl } = this.#clusters;
    const writes = () =>
      [...this.#inventories.keys()]
        .flatMap((name) => machineOf(engine).auditEvents(name))
        .filter(({ verb, userAgent }) => ASKING.test(userAgent ?? "") && !READ_VERBS.has(verb)).length;
    const before = writes();
    const { code, stdout, stderr } = await tryLiqoctl([...args, "--plan", "-o", "json"]);
    assert.ok(code === 0 || code === 2, stderr);
    assert.equal(writes(), before, "something was written");
    return { code, plan: JSON.parse(stdout) as Plan };
  }

  /** `<cluster> <kind> <namespace>/<name>` of all that plans tell of, sorted. */
  async told(): Promise<string[]> {
    const lists = [...this.#inventories].map(async ([name, inventory]) =>
      (await inventory.list()).filter(isTold).map((object) => `${name} ${nameOf(object)}`),
    );
    return (await Promise.all(lists)).flat().sort();
  }

  /** The same of one cluster, with what it is of the content. */
  async contents(cluster: string): Promise<Map<string, string>> {
    const lines = (await inventory(this.#clusters, cluster)).map((line) => line.split(" "));
    return new Map(lines.map((words) => [words.slice(0, 3).join(" "), words[3] ?? ""]));
  }
}

/** What is there for a while is gone by then. */
export function linesOf(changes: readonly Change[], verb: Change["verb"]): string[] {
  const lines = changes
    .filter((change) => change.verb === verb && change.isTemporary !== true)
    .map(({ cluster, kind, namespace = "-", name }) => `${cluster} ${kind} ${namespace}/${name}`);
  return (verb === "create" ? lines.map(withoutUid) : lines).sort();
}

/** Of what is created the uid is not known before. */
function withoutUid(line: string): string {
  return line.replace(/<uid of [^>]+>|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "<uid>");
}
