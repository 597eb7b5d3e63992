import assert from "node:assert/strict";
import { createServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informers } from "#kube/informer/informers.ts";
import { certificateSigningRequests, pods } from "#machinery/builtin.ts";
import { createCa, issueCertificate, parseCertificate } from "#pki/certificate.ts";
import { signCsr } from "#pki/csr.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { dialPortForward } from "#wire/port-forward/client.ts";
import { servePortForward } from "#wire/port-forward/server.ts";
import { dialRemoteCommand } from "#wire/remote-command/client.ts";
import { parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { serveRemoteCommand } from "#wire/remote-command/server.ts";
import { UpgradeError } from "#wire/upgrade.ts";
import { parseSettings } from "../settings.ts";
import { keepCertificate } from "./certificate.ts";
import { startKubeletServer } from "./server.ts";

const POD: Pod = {
  metadata: { name: "web", namespace: "default" },
  spec: { nodeName: "cluster-b", containers: [{ name: "c", image: "nginx" }] },
};
const ARGUMENTS = [
  "--nodename=cluster-b",
  "--home-cluster-id=cluster-a",
  "--foreign-cluster-id=cluster-b",
  "--tenant-namespace=liqo-tenant-cluster-b",
  "--node-ip=127.0.0.1",
  "--foreign-kubeconfig-secret-name=kubeconfig",
  "--listen-port=0",
  "--certificate-type=self-signed",
];
const REMOTE = "/api/v1/namespaces/default-cluster-a/pods/web";
const METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/default-cluster-a/pods";
const MEASURED = {
  metadata: { name: "web", namespace: "default-cluster-a" },
  containers: [{ name: "c", usage: { cpu: "250000000n", memory: "2Mi" } }],
};

interface Kubelet extends AsyncDisposable {
  readonly url: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly rejectUnauthorized: false };
}

/** A virtual kubelet's server between a real API server and a provider that only knows how to stream. */
async function start(): Promise<Kubelet> {
  const stack = new AsyncDisposableStack();
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const api: TestApiServer = stack.use(await startTestApiServer());
  const local = stack.use(new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test"));
  await local.create(ctx, pods, POD);
  const provider = stack.use(await startProvider(ctx));
  const informers = stack.use(new Informers(ctx, local));
  const localPods = informers.for(pods);
  await localPods.synced;
  const settings = parseSettings(ARGUMENTS, "443");
  const server = stack.use(
    await startKubeletServer(ctx, {
      settings,
      local,
      provider: () => provider.client,
      localPods,
      remoteNamespace: (namespace) => (namespace === "default" ? "default-cluster-a" : undefined),
      clock: systemClock,
    }),
  );
  stack.defer(cancel);
  const { certificate: cert, privateKey: key } = api.adminCertificate;
  return {
    url: `https://127.0.0.1:${server.port}`,
    tls: { cert, key, rejectUnauthorized: false },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startProvider(_ctx: Context): Promise<AsyncDisposable & { client: KubeClient }> {
  const ca = await createCa("provider");
  const subject = { commonName: "provider-apiserver", organizations: [] };
  const tls = await issueCertificate(ca, { subject, alternativeNames: ["127.0.0.1"], usages: ["server"] });
  const server = createServer({ cert: tls.certificate, key: tls.privateKey }, (request, response) => {
    const url = new URL(request.url ?? "/", "https://provider");
    if (url.pathname === `${REMOTE}/log`) response.end(`log of ${url.searchParams.get("container")}, ${url.search}`);
    else if (url.pathname === METRICS) response.end(JSON.stringify({ items: [MEASURED] }));
    else response.writeHead(404).end("no such thing");
  });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "https://provider");
    if (url.pathname === `${REMOTE}/portforward`) {
      void servePortForward(request, socket, head, () => Promise.resolve(new PassThrough()));
      return;
    }
    if (url.searchParams.get("container") !== "c") {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nConnection: close\r\n\r\nno container");
      return;
    }
    void serveRemoteCommand(request, socket, head, parseExecOptions(url.searchParams), async (streams) => {
      const input = streams.stdin === undefined ? "" : await text(streams.stdin);
      streams.stdout?.write(`${url.searchParams.getAll("command").join(" ")}: ${input}`);
      streams.status({ exitCode: 3 });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    client: new KubeClient({ server: `https://127.0.0.1:${port}`, ca: ca.certificate }, "test"),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function get(kubelet: Kubelet, path: string, tls: object = kubelet.tls): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { ...tls, rejectUnauthorized: false, agent: false as const };
    const outgoing = httpsRequest(kubelet.url + path, options, (response) => {
      void text(response).then((body) => resolve({ code: response.statusCode ?? 0, body }), reject);
    });
    outgoing.on("error", reject).end();
  });
}

test("logs come from the twin namespace with the caller's options", async () => {
  await using kubelet = await start();
  const { code, body } = await get(kubelet, "/containerLogs/default/web/c?tailLines=5");
  assert.equal(code, 200);
  assert.match(body, /^log of c, .*tailLines=5/);
});

test("a pod that is not here is not found, and a stranger is not let in", async () => {
  await using kubelet = await start();
  assert.equal((await get(kubelet, "/containerLogs/default/other/c")).code, 404);
  assert.equal((await get(kubelet, "/pods", {})).code, 401);
  assert.deepEqual(await get(kubelet, "/healthz", {}), { code: 200, body: "ok" });
});

test("a path of slashes is one that is not served", async () => {
  await using kubelet = await start();
  assert.deepEqual(await get(kubelet, "//"), { code: 404, body: "404 page not found" });
});

test("metrics-server finds CPU and memory of the pods and of their node", async () => {
  await using kubelet = await start();
  const lines = (await get(kubelet, "/metrics/resource")).body.split("\n").filter((line) => !line.startsWith("#"));
  assert.deepEqual(lines.slice(0, 4), [
    'container_cpu_usage_seconds_total{container="c",namespace="default",pod="web"} 0.001',
    'container_memory_working_set_bytes{container="c",namespace="default",pod="web"} 2097152',
    "node_cpu_usage_seconds_total 0.001",
    "node_memory_working_set_bytes 2097152",
  ]);
  const { node } = JSON.parse((await get(kubelet, "/stats/summary")).body) as { node: { cpu: object } };
  assert.partialDeepStrictEqual(node, { cpu: { usageNanoCores: 250_000_000 }, memory: { workingSetBytes: 2_097_152 } });
});

test("exec hands on command, input, output and exit code", async () => {
  await using kubelet = await start();
  const url = `${kubelet.url}/exec/default/web/c?command=cat&command=-&input=1&output=1`;
  const command = await dialRemoteCommand({ url, tls: kubelet.tls }, parseExecOptions(new URL(url).searchParams));
  const output = command.stdout === undefined ? undefined : text(command.stdout);
  command.stdin?.end("hello");
  assert.equal(await output, "cat -: hello");
  assert.deepEqual(await command.result, { exitCode: 3 });
});

test("the provider's refusal of an exec keeps its status", async () => {
  await using kubelet = await start();
  const url = `${kubelet.url}/exec/default/web/missing?command=sh&output=1`;
  const dialled = dialRemoteCommand({ url, tls: kubelet.tls }, parseExecOptions(new URL(url).searchParams));
  await assert.rejects(dialled, (error) => error instanceof UpgradeError && error.status === 404);
});

test("a forwarded port answers", async () => {
  await using kubelet = await start();
  await using forward = await dialPortForward({ url: `${kubelet.url}/portForward/default/web`, tls: kubelet.tls });
  const connection = await forward.connect(80);
  connection.end("echo");
  assert.equal(await text(connection), "echo");
});

test("the serving certificate is asked for and taken into use when issued", async () => {
  await using api = await startTestApiServer();
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  using local = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const settings = parseSettings(ARGUMENTS, "443");
  const signer = await createCa("signer");
  const issued = Promise.withResolvers<string>();
  const deps = { client: local, settings, clock: systemClock };
  const kept = keepCertificate(ctx, deps, ({ certificate }) => issued.resolve(certificate));
  for await (const event of local.watch(ctx, certificateSigningRequests)) {
    if (event.type !== "ADDED") continue;
    const csr = event.object;
    assert.equal(csr.spec.signerName, "kubernetes.io/kubelet-serving");
    assert.deepEqual(csr.spec.usages, ["digital signature", "key encipherment", "server auth"]);
    const request = Buffer.from(csr.spec.request, "base64").toString("utf8");
    const certificate = await signCsr(signer, request, { usages: ["server"] });
    const status = { certificate: Buffer.from(certificate).toString("base64") };
    await local.updateStatus(ctx, certificateSigningRequests, { ...csr, status });
    break;
  }
  const { subject, alternativeNames } = parseCertificate(await issued.promise);
  assert.deepEqual(subject, { commonName: "system:node:cluster-b", organizations: ["system:nodes"] });
  assert.deepEqual(alternativeNames, ["127.0.0.1"]);
  cancel();
  await kept;
});
