/** Visitors and customers of the shop across both clusters. */
import { messageOf } from "#base/errors.ts";
import { eventually } from "#kit/eventually.ts";
import { Load, page } from "#kit/load.ts";
import { loadBalancerAddress } from "#kit/services.ts";
import { purchase } from "#kit/shopper.ts";
import type { World } from "../world.ts";
import { Loop, type Workload } from "./workload.ts";

const NAMESPACE = "liqo-demo";
const MANIFEST = "apps/boutique/manifest/online-boutique.yaml";
const EVERY_MS = 2_000;
const START_MS = 120_000;
/** A page asks eight services: more visits would measure the machine. */
const VISIT_EVERY_MS = 250;
const VISIT_MS = 3_000;

export class Shop implements Workload, AsyncDisposable {
  readonly name = "shop";
  readonly leastPerMinute = { "page visits": 60, purchases: 4 };
  readonly #url: string;
  readonly #visitors: Load;
  /** The customers: visitors come all the time. */
  readonly loop: Loop;
  #purchases = 0;

  static async open({ clusters }: World): Promise<Shop> {
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await clusters.kubectl("milan", "apply", "-n", NAMESPACE, "-f", MANIFEST);
    const address = await loadBalancerAddress(clusters, NAMESPACE, "frontend-external");
    await eventually("a purchase", () => purchase(`http://${address}`), START_MS);
    return new Shop(`http://${address}`);
  }

  private constructor(url: string) {
    this.#url = url;
    this.#visitors = new Load(`${url}/`, VISIT_EVERY_MS);
    this.loop = new Loop(EVERY_MS, async () => {
      await purchase(url);
      this.#purchases++;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#visitors[Symbol.asyncDispose]();
    await this.loop[Symbol.asyncDispose]();
  }

  /** Nobody who visits is turned away any more. */
  async check(): Promise<readonly string[]> {
    const answers = await Promise.all(Array.from({ length: 8 }, () => page(`${this.#url}/`, VISIT_MS)));
    const failed = answers.filter((text) => text === undefined).length;
    if (failed > 0) return [`shop: ${failed} of ${answers.length} visits failed`];
    return purchase(this.#url).then(
      () => [],
      (error: unknown) => [`shop: ${messageOf(error)}`],
    );
  }

  /** Visits that failed since then, and all. */
  visitsSince(atMs: number): { readonly failed: number; readonly all: number } {
    const answers = this.#visitors.since(atMs);
    return { failed: answers.filter(({ who }) => who === undefined).length, all: answers.length };
  }

  figures(): Readonly<Record<string, number>> {
    const { all, failed } = this.visitsSince(0);
    return { "page visits": all - failed, "page visits that failed": failed, purchases: this.#purchases };
  }
}
