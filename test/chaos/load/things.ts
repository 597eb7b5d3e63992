/** ConfigMaps, Secrets and Services of an offloaded namespace that change all the time, and pods behind a Service. */
import { configMaps, secrets, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { World } from "../world.ts";
import { ifAbsent, Loop, type Workload } from "./workload.ts";

const NAMESPACE = "things";
const EVERY_MS = 150;
const PER_KIND = 4;
/** A passing one comes at every so many writes, and goes after as many again. */
const PASSING_EVERY = 10;
const VERSION = "chaos/version";

interface Thing {
  readonly kind: string;
  readonly name: string;
  readonly resource: Resource<KubeObject>;
  readonly forge: (version: number) => KubeObject;
  /** Last version that was sent, and last one that the API server took. */
  sent: number;
  taken: number;
}

export class Things implements Workload {
  readonly name = "things";
  readonly leastPerMinute = { "writes taken": 100 };
  readonly #world: World;
  readonly #things: Thing[];
  /** Of the ConfigMaps that come and go, those whose coming or going was taken: whether they exist. */
  readonly #passing = new Map<string, boolean>();
  readonly loop: Loop;
  #turns = 0;
  #taken = 0;
  #refused = 0;

  static async open(world: World): Promise<Things> {
    const { kubectl, liqoctl } = world.clusters;
    const within = (...args: string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await within("create", "deployment", "web", "--image=nginx", "--replicas=4", "--port=80");
    await within("expose", "deployment", "web");
    return new Things(world);
  }

  private constructor(world: World) {
    this.#world = world;
    this.#things = Array.from({ length: PER_KIND }, (_, index) => [
      thing("ConfigMap", configMaps, index, (version) => ({ data: { version: String(version) } })),
      thing("Secret", secrets, index, (version) => ({ stringData: { version: String(version) } })),
      thing("Service", services, index, (version) => ({
        spec: { selector: { app: "web" }, ports: [{ port: 8000 + (version % 1_000), targetPort: 80 }] },
      })),
    ]).flat();
    this.loop = new Loop(EVERY_MS, () => this.#turn());
  }

  /** What was taken is there, or something that was sent later. */
  async check(): Promise<readonly string[]> {
    const { ctx, home } = this.#world;
    const faults: string[] = [];
    for (const { kind, name, resource, sent, taken } of this.#things) {
      const found = await home.find(ctx, resource, { namespace: NAMESPACE, name });
      const version = Number(found?.metadata?.annotations?.[VERSION] ?? -1);
      if (version < taken || version > sent)
        faults.push(`${kind} ${name}: version ${version}, though ${taken} was taken and ${sent} the last one sent`);
    }
    const { items } = await home.list(ctx, configMaps, { namespace: NAMESPACE });
    const present = new Set(items.map(({ metadata }) => metadata?.name));
    for (const [name, exists] of this.#passing)
      if (present.has(name) !== exists) faults.push(`ConfigMap ${name}: ${exists ? "created" : "deleted"}, and is not`);
    return faults;
  }

  figures(): Readonly<Record<string, number>> {
    return { "writes taken": this.#taken, "writes that were not answered": this.#refused };
  }

  async #turn(): Promise<void> {
    const turn = this.#turns++;
    try {
      if (turn % PASSING_EVERY === 0) await this.#pass(turn);
      else await this.#write(this.#things[turn % this.#things.length]);
      this.#taken++;
    } catch {
      // Whether it was carried out is not known: neither may be asked for.
      this.#refused++;
    }
  }

  async #write(chosen: Thing | undefined): Promise<void> {
    if (chosen === undefined) return;
    const version = ++chosen.sent;
    await this.#world.home.apply(this.#world.ctx, chosen.resource, chosen.forge(version));
    chosen.taken = version;
  }

  /** One comes, the one before goes. */
  async #pass(turn: number): Promise<void> {
    const { ctx, home } = this.#world;
    const names = [`passing-${turn}`, `passing-${turn - PASSING_EVERY}`] as const;
    for (const name of names) this.#passing.delete(name);
    await ifAbsent(home.create(ctx, configMaps, { metadata: { namespace: NAMESPACE, name: names[0] } }));
    this.#passing.set(names[0], true);
    await home.deleteIfPresent(ctx, configMaps, { namespace: NAMESPACE, name: names[1] });
    this.#passing.set(names[1], false);
  }
}

function thing(kind: string, resource: Resource, index: number, content: (version: number) => object): Thing {
  const name = `${kind.toLowerCase()}-${index}`;
  return {
    kind,
    name,
    resource: resource as Resource<KubeObject>,
    forge: (version) => ({
      metadata: { namespace: NAMESPACE, name, annotations: { [VERSION]: String(version) } },
      ...content(version),
    }),
    sent: 0,
    taken: -1,
  };
}
