import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { container, type RunningNode, startNode, stateOf } from "#kit/running-node.ts";
import { dialPortForward } from "#wire/port-forward/client.ts";
import { dialRemoteCommand, type RemoteCommand } from "#wire/remote-command/client.ts";
import { parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { UpgradeError } from "#wire/upgrade.ts";
import type { FakeContainer } from "../runtime/testing/fake-runtime.ts";

interface Served extends AsyncDisposable {
  readonly node: RunningNode;
  readonly main: FakeContainer;
  /** An administrator's. */
  readonly tls: { readonly cert: string; readonly key: string; readonly rejectUnauthorized: false };
}

type StartOptions = Parameters<typeof startNode>[0];

/** A node that runs the pod `web`, on the node's own network. */
async function serving(options: StartOptions = {}): Promise<Served> {
  const node = await startNode(options);
  await node.create("web", { hostNetwork: true });
  const main = await node.runtime.next("main");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  const tls = { ...(await node.certificateOf("admin", ["system:masters"])), rejectUnauthorized: false as const };
  return { node, main, tls, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

function get(
  url: string,
  tls: object,
  { headers = {}, method = "GET" }: { headers?: Record<string, string>; method?: string } = {},
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { ...tls, method, headers, rejectUnauthorized: false, agent: false as const };
    const outgoing = httpsRequest(url, options, (response) => {
      void text(response).then((body) => resolve({ code: response.statusCode ?? 0, body }), reject);
    });
    outgoing.on("error", reject).end();
  });
}

function command({ node, tls }: Served, path: string): Promise<RemoteCommand> {
  const url = `${node.url}${path}`;
  return dialRemoteCommand({ url, tls }, parseExecOptions(new URL(url).searchParams));
}

function streamOf(stream: Readable | undefined): Readable {
  assert.ok(stream !== undefined);
  return stream;
}

const isRefused = (status: number) => (error: unknown) => error instanceof UpgradeError && error.status === status;

test("logs are those of the run that is asked for", async () => {
  await using served = await serving();
  const { node, main, tls } = served;
  const logs = (query: string, name = "main") => get(`${node.url}/containerLogs/off/web/${name}?${query}`, tls);
  main.log("one\ntwo");
  assert.deepEqual(await logs(""), { code: 200, body: "one\ntwo\n" });
  assert.deepEqual(await logs("tailLines=1"), { code: 200, body: "two\n" });
  assert.deepEqual(await logs("previous=true"), {
    code: 400,
    body: 'previous terminated container "main" in pod "web" not found',
  });
  main.exit(1);
  const again = await node.runtime.next("main");
  again.log("three");
  await node.pod("web", (pod) => stateOf(pod, "main")?.restartCount === 1);
  assert.deepEqual(await logs(""), { code: 200, body: "three\n" });
  assert.deepEqual(await logs("previous=true"), { code: 200, body: "one\ntwo\n" });
  assert.deepEqual(await logs("", "other"), {
    code: 400,
    body: 'container "other" in pod "web" is waiting to start: ContainerCreating',
  });
  assert.equal((await get(`${node.url}/containerLogs/off/none/main`, tls)).body, 'pod "none" not found');
  await node.create("late", { containers: [container("main", { image: "missing:1" })] });
  await node.pod("late", (pod) => stateOf(pod, "main")?.state?.waiting?.reason === "ImagePullBackOff");
  assert.deepEqual(await get(`${node.url}/containerLogs/off/late/main`, tls), {
    code: 400,
    body: 'container "main" in pod "late" is waiting to start: ImagePullBackOff',
  });
});

test("a followed log ends with its container", async () => {
  await using served = await serving();
  const { node, main, tls } = served;
  main.log("one");
  const lines: string[] = [];
  const url = `${node.url}/containerLogs/off/web/main?follow=true`;
  const ended = new Promise<void>((resolve) => {
    const onResponse = (response: Readable): void => {
      response.on("data", (chunk: Buffer) => {
        lines.push(chunk.toString());
        if (lines.length > 1) return;
        main.log("two");
        main.exit(0);
      });
      response.on("end", resolve);
    };
    httpsRequest(url, { ...tls, agent: false }, onResponse).end();
  });
  await node.passing(500, ended);
  assert.equal(lines.join(""), "one\ntwo\n");
});

test("exec runs the command with its input, tells its output and its code", async () => {
  await using served = await serving();
  const script = encodeURIComponent("read line; echo got $line; echo bad >&2; exit 3");
  const ran = await command(
    served,
    `/exec/off/web/main?command=sh&command=-c&command=${script}&input=1&output=1&error=1`,
  );
  const [out, err] = [text(streamOf(ran.stdout)), text(streamOf(ran.stderr))];
  ran.stdin?.end("hello\n");
  assert.deepEqual([await out, await err, await ran.result], ["got hello\n", "bad\n", { exitCode: 3 }]);
});

test("an exec without a command, and one into what does not run, are refused", async () => {
  await using served = await serving();
  const ran = await command(served, "/exec/off/web/main?output=1");
  ran.stdout?.resume();
  assert.deepEqual(await ran.result, {
    error: "you must specify at least 1 command for the container",
    reason: "InternalError",
    code: 500,
  });
  await assert.rejects(command(served, "/exec/off/web/other?command=ls&output=1"), isRefused(404));
  await assert.rejects(command(served, "/exec/off/none/main?command=ls&output=1"), isRefused(404));
  await assert.rejects(command(served, "/nothing/off/web/main?command=ls&output=1"), isRefused(404));
});

test("who attaches speaks with the container's first process", async () => {
  await using served = await serving();
  const attached = await command(served, "/attach/off/web/main?input=1&output=1");
  const out = text(streamOf(attached.stdout));
  attached.stdin?.end("hello");
  assert.deepEqual([await out, await attached.result], ["hello", { exitCode: 0 }]);
});

test("a command is run and answered at once by `run`", async () => {
  await using served = await serving();
  const url = `${served.node.url}/run/off/web/main?cmd=${encodeURIComponent("echo hi there")}`;
  assert.deepEqual(await get(url, served.tls, { method: "POST" }), { code: 200, body: "hi there\n" });
});

test("a forwarded port is one of the pod; nothing comes from one where nobody listens", async () => {
  await using served = await serving();
  const echo = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as AddressInfo;
  const { url } = served.node;
  await using forward = await dialPortForward({ url: `${url}/portForward/off/web`, tls: served.tls });
  const connection = await forward.connect(port);
  connection.end("echo");
  assert.equal(await text(connection), "echo");
  await new Promise((resolve) => echo.close(resolve));
  assert.equal(await text(await forward.connect(port)).catch(() => ""), "");
  await assert.rejects(dialPortForward({ url: `${url}/portForward/off/none`, tls: served.tls }), isRefused(404));
});

test("pods, health and what they use are told", async () => {
  await using served = await serving();
  const { node, main, tls } = served;
  assert.deepEqual(await get(`${node.url}/healthz`, {}), { code: 200, body: "ok" });
  const pods = JSON.parse((await get(`${node.url}/pods`, tls)).body);
  assert.deepEqual(
    pods.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ["web"],
  );
  const uid = pods.items[0].metadata.uid;
  for (const [group, cpu, memory] of [
    ["/lab/rome/rome-1", 5_000_000, 9_000],
    [`/lab/rome/rome-1/pod${uid}/${main.id}`, 2_000_000, 4_000],
  ] as const) {
    mkdirSync(join(node.cgroups, group), { recursive: true });
    writeFileSync(join(node.cgroups, group, "cpu.stat"), `usage_usec ${cpu}\nuser_usec 1\n`);
    writeFileSync(join(node.cgroups, group, "memory.current"), `${memory}\n`);
  }
  const summary = JSON.parse((await get(`${node.url}/stats/summary`, tls)).body);
  assert.deepEqual([summary.node.nodeName, summary.node.cpu.usageCoreNanoSeconds], ["rome-1", 5_000_000_000]);
  const [pod] = summary.pods;
  assert.deepEqual([pod.podRef.name, pod.podRef.uid], ["web", uid]);
  assert.deepEqual(
    [pod.containers[0].name, pod.containers[0].cpu.usageCoreNanoSeconds, pod.containers[0].memory.usageBytes],
    ["main", 2_000_000_000, 4_000],
  );
  const metrics = (await get(`${node.url}/metrics/resource`, tls)).body;
  assert.match(metrics, /^container_cpu_usage_seconds_total\{container="main",namespace="off",pod="web"\} 2$/m);
  assert.match(metrics, /^container_memory_working_set_bytes\{container="main",namespace="off",pod="web"\} 4000$/m);
  assert.match(metrics, /^node_cpu_usage_seconds_total 5$/m);
  assert.match(metrics, /^node_memory_working_set_bytes 9000$/m);
  assert.match((await get(`${node.url}/metrics`, tls)).body, /^kubelet_running_pods 1$/m);
  assert.deepEqual(await get(`${node.url}/none`, tls), { code: 404, body: "404 page not found" });
});

test("only who may use the node's proxy is let in, by certificate or by token", async () => {
  const may = (name: string): boolean => name === "admin" || name === "agent";
  await using served = await serving({
    forbids: ({ plural, subresource, user }) => plural === "nodes" && subresource === "proxy" && !may(user.name),
    tokens: {
      good: { name: "agent", groups: [] },
      weak: { name: "stranger", groups: [] },
    },
  });
  const { node } = served;
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const codes = {
    nobody: (await get(`${node.url}/pods`, {})).code,
    wrong: (await get(`${node.url}/pods`, {}, bearer("wrong"))).code,
    weak: await get(`${node.url}/pods`, {}, bearer("weak")),
    good: (await get(`${node.url}/pods`, {}, bearer("good"))).code,
    agent: (await get(`${node.url}/pods`, await node.certificateOf("agent", []))).code,
    stranger: (await get(`${node.url}/pods`, await node.certificateOf("stranger", []))).code,
  };
  assert.deepEqual(
    { ...codes, weak: codes.weak.code },
    { nobody: 401, wrong: 401, weak: 403, good: 200, agent: 200, stranger: 403 },
  );
  assert.equal(codes.weak.body, "Forbidden (user=stranger, verb=get, resource=nodes, subresource=proxy)");
  const stranger = { ...(await node.certificateOf("stranger", [])), rejectUnauthorized: false as const };
  for (const path of ["/exec/off/web/main?command=ls&output=1", "/attach/off/web/main?output=1"])
    await assert.rejects(command({ ...served, tls: stranger }, path), isRefused(403));
  await assert.rejects(dialPortForward({ url: `${node.url}/portForward/off/web`, tls: stranger }), isRefused(403));
});
