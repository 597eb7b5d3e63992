/** Jobs at home and away whose pods say when they begin and when they are done. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Job } from "kubernetes-types/batch/v1";
import { jobs } from "#machinery/builtin.ts";
import type { World } from "../world.ts";
import { ifAbsent, Loop, type Workload } from "./workload.ts";

const NAMESPACE = "jobs";
const EVERY_MS = 5_000;
const COMPLETIONS = 2;

export class Jobs implements Workload, AsyncDisposable {
  readonly name = "jobs";
  readonly leastPerMinute = { "Jobs completed": 3 };
  readonly #world: World;
  readonly #server: Server;
  /** By Job, then by pod: how often it was done. */
  readonly #done = new Map<string, Map<string, number>>();
  /** Created, and known to be: what the API server answered. */
  readonly #created = new Set<string>();
  readonly loop: Loop;
  #count = 0;
  #completed = 0;

  static async open(world: World): Promise<Jobs> {
    const { clusters, address } = world;
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    const server = createServer();
    server.listen(0, address);
    await once(server, "listening");
    return new Jobs(world, server);
  }

  private constructor(world: World, server: Server) {
    this.#world = world;
    this.#server = server;
    server.on("request", (request, response) => {
      const [, job = "", pod = ""] = /^\/done\/([^/]+)\/([^/]+)$/.exec(request.url ?? "") ?? [];
      const pods = this.#done.get(job) ?? new Map<string, number>();
      this.#done.set(job, pods.set(pod, (pods.get(pod) ?? 0) + 1));
      response.end("ok");
    });
    this.loop = new Loop(EVERY_MS, () => this.#create());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop[Symbol.asyncDispose]();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** All that were accepted are complete, by as many pods as were asked for, each done once. */
  async check(): Promise<readonly string[]> {
    const { ctx, home } = this.#world;
    const { items } = await home.list(ctx, jobs, { namespace: NAMESPACE });
    const present = new Map(items.map((job) => [job.metadata?.name ?? "", job]));
    const faults = [...this.#created].flatMap((name) => this.#faultOf(name, present.get(name)));
    if (faults.length > 0) return faults;
    for (const name of this.#created) {
      await home.deleteIfPresent(ctx, jobs, { namespace: NAMESPACE, name }, { propagationPolicy: "Background" });
      this.#created.delete(name);
      this.#done.delete(name);
      this.#completed++;
    }
    return [];
  }

  figures(): Readonly<Record<string, number>> {
    return { "Jobs completed": this.#completed };
  }

  #faultOf(name: string, job: Job | undefined): string[] {
    if (job === undefined) return [`Job ${name} was accepted and is gone`];
    const done = this.#done.get(name) ?? new Map<string, number>();
    const repeated = [...done].filter(([, times]) => times > 1).map(([pod]) => `pod ${pod} was done more than once`);
    const { succeeded = 0, failed = 0 } = job.status ?? {};
    // A pod that goes with its twin namespace after its work, and before anybody saw its end, has failed, as on a lost node.
    const isRight = succeeded === COMPLETIONS && done.size >= COMPLETIONS && done.size <= COMPLETIONS + failed;
    const counts = `${succeeded} of ${COMPLETIONS} counted, ${failed} failed, ${done.size} pods done`;
    return [...repeated, ...(isRight ? [] : [`Job ${name}: ${counts}`])];
  }

  async #create(): Promise<void> {
    const name = `run-${this.#count++}`;
    const { port } = this.#server.address() as AddressInfo;
    const job = forgeJob(name, `http://${this.#world.address}:${port}/done/${name}`, this.#count % 2 === 0);
    await ifAbsent(this.#world.home.create(this.#world.ctx, jobs, job));
    this.#created.add(name);
  }
}

function forgeJob(name: string, url: string, isRemote: boolean): Job {
  const script = `sleep 2; until wget -q -O /dev/null -T 5 ${url}/$HOSTNAME; do sleep 1; done`;
  return {
    metadata: { namespace: NAMESPACE, name },
    spec: {
      completions: COMPLETIONS,
      parallelism: COMPLETIONS,
      backoffLimit: 100,
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 1,
          ...(isRemote && { nodeSelector: { "liqo.io/type": "virtual-node" } }),
          containers: [{ name: "run", image: "busybox", command: ["sh", "-c", script] }],
        },
      },
    },
  };
}
