/**
 * What does the way between two clusters cost: TCP throughput and round trips between pods, beside the bare WireGuard
 * tunnel (gateway to gateway) and beside two pods of one cluster on different nodes.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import type { Figure } from "./figures.ts";

/** kubectl of one cluster. */
export type Kubectl = (cluster: string, ...args: readonly string[]) => Promise<string>;

export interface End {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

const PORT = 5_201;
const SECONDS = 4;
const ROUND_TRIPS = 500;
/** Counts what arrives; with a first byte of 1 it echoes instead. */
const SERVER = `
require("node:net").createServer({ allowHalfOpen: true }, (socket) => {
  socket.setNoDelay(true).on("error", () => {}).once("data", (first) => {
    if (first[0] === 1) return void (socket.write(first), socket.pipe(socket));
    let bytes = first.length;
    socket.on("data", (chunk) => (bytes += chunk.length)).on("end", () => socket.end(String(bytes)));
  });
}).listen(${PORT});`;
/** Argument: address. Prints Mbit/s and the median round trip in ms. */
const CLIENT = `
const { connect } = require("node:net");
const host = process.argv[1];
const chunk = Buffer.alloc(1 << 18);
function throughput() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: ${PORT}, host, allowHalfOpen: true });
    const startedAt = performance.now();
    const write = () => {
      while (performance.now() - startedAt < ${SECONDS * 1_000}) if (!socket.write(chunk)) return socket.once("drain", write);
      socket.end();
    };
    let answer = "";
    socket.on("connect", write).on("error", reject).on("data", (data) => (answer += data));
    socket.on("end", () => resolve((Number(answer) * 8) / 1e3 / (performance.now() - startedAt)));
  });
}
function roundTrips() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: ${PORT}, host, noDelay: true });
    const times = [];
    let sentAt;
    const send = () => { sentAt = performance.now(); socket.write(Buffer.of(1)); };
    socket.on("connect", send).on("error", reject).on("data", () => {
      times.push(performance.now() - sentAt);
      if (times.length < ${ROUND_TRIPS}) return send();
      socket.destroy();
      resolve(times.sort((a, b) => a - b)[times.length >> 1]);
    });
  });
}
throughput().then(async (mbits) => console.log(mbits + " " + (await roundTrips()))).catch((error) => { console.error(String(error)); process.exit(1); });`;

/** The clusters are `milan` and `rome`, peered; `namespace` is offloaded. */
export async function tunnelFigures(
  kubectl: Kubectl,
  env: Readonly<Record<string, string>>,
  namespace: string,
): Promise<Figure[]> {
  const pod = (name: string): End => ({ cluster: "milan", namespace, pod: name });
  await Promise.all(
    [
      ["net-a", "worker-node-1"],
      ["net-b", "worker-node-2"],
      ["net-c", "liqo-rome"],
    ].map(([name = "", node = ""]) => createPod(kubectl, namespace, name, node)),
  );
  const addresses = new Map<string, string>();
  for (const name of ["net-b", "net-c"]) addresses.set(name, await addressOf(kubectl, namespace, name));
  const near = await measure(env, pod("net-b"), pod("net-a"), addresses.get("net-b") ?? "");
  const far = await measure(env, pod("net-c"), pod("net-a"), addresses.get("net-c") ?? "");
  const client = await gateway(kubectl, "milan", "liqo-tenant-rome");
  const server = await gateway(kubectl, "rome", "liqo-tenant-milan");
  // Upstream's fixed addresses: the server of the tunnel has the first, see docs/architecture.md.
  const bare = await measure(env, server, client, "169.254.18.1");
  await kubectl("milan", "delete", "pod", "-n", namespace, "net-a", "net-b", "net-c", "--grace-period=0", "--force");
  return [
    {
      name: "TCP, pods of two clusters",
      value: far.mbits,
      unit: "Mbit/s",
      reference: { name: "bare tunnel", value: bare.mbits },
    },
    {
      name: "TCP, pods of two clusters",
      value: far.mbits,
      unit: "Mbit/s",
      reference: { name: "one cluster", value: near.mbits },
    },
    {
      name: "round trip, pods of two clusters",
      value: far.ms,
      unit: "ms",
      reference: { name: "bare tunnel", value: bare.ms },
    },
    {
      name: "round trip, pods of two clusters",
      value: far.ms,
      unit: "ms",
      reference: { name: "one cluster", value: near.ms },
    },
  ];
}

export async function createPod(kubectl: Kubectl, namespace: string, name: string, node: string): Promise<void> {
  const nodeSelector = { "kubernetes.io/hostname": node };
  const overrides = JSON.stringify({ spec: { nodeSelector, terminationGracePeriodSeconds: 1 } });
  const idle = ["--command", "--", "node", "-e", "setInterval(() => {}, 1e6)"];
  await kubectl("milan", "run", name, "-n", namespace, "--image=node", `--overrides=${overrides}`, ...idle);
  await kubectl("milan", "wait", "-n", namespace, "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
}

export async function addressOf(kubectl: Kubectl, namespace: string, name: string): Promise<string> {
  return kubectl("milan", "get", "pod", "-n", namespace, name, "-o", "jsonpath={.status.podIP}");
}

async function gateway(kubectl: Kubectl, cluster: string, namespace: string): Promise<End> {
  const selector = ["-l", "networking.liqo.io/component=gateway", "-o", "json"];
  const { items } = JSON.parse(await kubectl(cluster, "get", "pods", "-n", namespace, ...selector)) as { items: Pod[] };
  return { cluster, namespace, pod: items[0]?.metadata?.name ?? "" };
}

export async function measure(
  env: Readonly<Record<string, string>>,
  server: End,
  client: End,
  address: string,
): Promise<{ mbits: number; ms: number }> {
  const inside = ({ cluster, namespace, pod }: End, ...script: readonly string[]) =>
    output("kubectl", ["--context", cluster, "exec", "-n", namespace, pod, "--", "node", "-e", ...script], { env });
  // Ends by itself, so that a broken run leaves nothing that listens.
  const serving = inside(server, `${SERVER} setTimeout(() => process.exit(0), ${(SECONDS + 6) * 1_000});`);
  const line = await eventually("the other end answers", () => inside(client, CLIENT, address), 20_000);
  await serving;
  const [mbits, ms] = line.trim().split(" ").map(Number);
  if (mbits === undefined || ms === undefined) throw new Error(`${client.pod} measured nothing: "${line}"`);
  return { mbits, ms };
}
