/** Namespaces that are offloaded, filled and taken back, one after the other. */
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { configMaps, namespaces } from "#machinery/builtin.ts";
import { isConflict } from "#machinery/status-error.ts";
import type { World } from "../world.ts";
import { ifAbsent, Loop, type Workload } from "./workload.ts";

const EVERY_MS = 4_000;
const MOST = 3;

export class Guests implements Workload {
  readonly name = "guests";
  readonly leastPerMinute = { "namespaces taken back": 1 };
  readonly #world: World;
  readonly loop: Loop;
  readonly #present: string[] = [];
  /** Deleted, though perhaps not gone yet. */
  readonly #leaving = new Set<string>();
  #count = 0;
  #gone = 0;

  constructor(world: World) {
    this.#world = world;
    this.loop = new Loop(EVERY_MS, () => this.#turn());
  }

  /** Those that were taken back are gone, here and there. */
  async check(): Promise<readonly string[]> {
    const { ctx, home, provider } = this.#world;
    const here = await home.list(ctx, namespaces);
    const there = await provider.list(ctx, namespaces);
    const names = new Set([...here.items, ...there.items].map(({ metadata }) => metadata?.name));
    const left = [...this.#leaving].flatMap((name) => [name, `${name}-milan`]).filter((name) => names.has(name));
    if (left.length > 0) return left.map((name) => `namespace ${name} was taken back and is still there`);
    this.#gone += this.#leaving.size;
    this.#leaving.clear();
    return [];
  }

  figures(): Readonly<Record<string, number>> {
    return { "namespaces taken back": this.#gone };
  }

  async #turn(): Promise<void> {
    if (this.#present.length >= MOST) await this.#leave(this.#present[0] ?? "");
    else await this.#come(`guest-${this.#count}`);
  }

  /** Again with the same name until all of it was taken. */
  async #come(name: string): Promise<void> {
    const { ctx, home } = this.#world;
    await ifAbsent(home.create(ctx, namespaces, { metadata: { name } }));
    await ifAbsent(
      home.create(ctx, namespaceOffloadings, {
        metadata: { namespace: name, name: "offloading" },
        spec: {
          namespaceMappingStrategy: "DefaultName",
          podOffloadingStrategy: "LocalAndRemote",
          clusterSelector: { nodeSelectorTerms: [] },
        },
      }),
    );
    await ifAbsent(home.create(ctx, configMaps, { metadata: { namespace: name, name: "gift" }, data: { from: name } }));
    this.#present.push(name);
    this.#count++;
  }

  /** Every other one with its offloading first, as `unoffload` does; the others with the namespace. */
  async #leave(name: string): Promise<void> {
    const { ctx, home } = this.#world;
    if (this.#count % 2 === 0)
      await home.deleteIfPresent(ctx, namespaceOffloadings, { namespace: name, name: "offloading" });
    // One that is on its way already says so by a conflict.
    await home.deleteIfPresent(ctx, namespaces, { name }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
    this.#present.shift();
    this.#leaving.add(name);
  }
}
