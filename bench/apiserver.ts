/**
 * How fast is the embedded API server over HTTPS? Beside a bare HTTPS server of the same runtime that stores nothing and
 * answers what it got: the least that any server of this kind can cost.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Context } from "#base/context.ts";
import { KubeClient } from "#kube/client/client.ts";
import type { ClusterConfig } from "#kube/client/config.ts";
import { configMaps, namespaces } from "#machinery/builtin.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { type Figure, quantileFigures } from "./figures.ts";
import { Observer } from "./observer.ts";
import { inParallel } from "./parallel.ts";

const NAMESPACE = "bench-apiserver";
const CREATES = 3_000;
const GETS = 500;
const WATCHED = 300;
const BARE_SERVER = `
const { createServer } = require("node:https");
const server = createServer({ key: process.env.KEY, cert: process.env.CERT }, (request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(body || '{"kind":"ConfigMap","metadata":{}}'));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;

export async function apiServerFigures(ctx: Context, config: ClusterConfig): Promise<Figure[]> {
  using client = new KubeClient(config, "bench");
  await client.create(ctx, namespaces, { metadata: { name: NAMESPACE } });
  await using bare = await startBareServer();
  using bareClient = new KubeClient(bare.config, "bench");
  try {
    const created = await createsPerSecond(ctx, client);
    const bareCreated = await createsPerSecond(ctx, bareClient);
    const reference = { name: "bare HTTPS", values: await getsMs(ctx, bareClient) };
    return [
      { name: "creates", value: created, unit: "1/s", reference: { name: "bare HTTPS", value: bareCreated } },
      ...quantileFigures("get", await getsMs(ctx, client), reference),
      ...quantileFigures("create to watch event", await watchesMs(ctx, client), {
        name: "create to its answer",
        values: await createsMs(ctx, client),
      }),
    ];
  } finally {
    await client.delete(ctx, namespaces, { name: NAMESPACE });
  }
}

function configMap(name: string): { metadata: { namespace: string; name: string }; data: Record<string, string> } {
  return { metadata: { namespace: NAMESPACE, name }, data: { text: "x".repeat(500) } };
}

async function createsPerSecond(ctx: Context, client: KubeClient): Promise<number> {
  const startedAt = performance.now();
  await inParallel(CREATES, (i) => client.create(ctx, configMaps, configMap(`created-${i}`)));
  return CREATES / ((performance.now() - startedAt) / 1_000);
}

async function getsMs(ctx: Context, client: KubeClient): Promise<number[]> {
  return timed(GETS, (i) => client.get(ctx, configMaps, { namespace: NAMESPACE, name: `created-${i}` }));
}

async function createsMs(ctx: Context, client: KubeClient): Promise<number[]> {
  return timed(WATCHED, (i) => client.create(ctx, configMaps, configMap(`timed-${i}`)));
}

async function timed(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await work(i);
    durations.push(performance.now() - startedAt);
  }
  return durations;
}

/** From sending a create to its event on another connection. */
async function watchesMs(ctx: Context, client: KubeClient): Promise<number[]> {
  using observer = await Observer.open(ctx, client, configMaps, NAMESPACE);
  const durations: number[] = [];
  for (let i = 0; i < WATCHED; i++) {
    const name = `watched-${i}`;
    const event = observer.first(({ metadata }) => metadata?.name === name);
    const startedAt = performance.now();
    await client.create(ctx, configMaps, configMap(name));
    durations.push((await event) - startedAt);
  }
  return durations;
}

interface BareServer extends AsyncDisposable {
  readonly config: ClusterConfig;
}

async function startBareServer(): Promise<BareServer> {
  const ca = await createCa("bench-ca");
  const own = await issueCertificate(ca, {
    subject: { commonName: "bench", organizations: [] },
    alternativeNames: ["127.0.0.1"],
    usages: ["server"],
  });
  const child = spawn(process.execPath, ["-e", BARE_SERVER], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, KEY: own.privateKey, CERT: own.certificate },
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    config: { server: `https://127.0.0.1:${line.toString().trim()}`, ca: ca.certificate },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}
