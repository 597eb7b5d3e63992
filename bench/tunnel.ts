/**
 * What does the way between two clusters cost: TCP throughput and round trips between pods, beside the bare WireGuard
 * tunnel (gateway to gateway) and beside two pods of one cluster on different nodes.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { measureBare } from "./bare.ts";
import type { Figure } from "./figures.ts";
import { type Inside, type Measured, measureBetween } from "./meter.ts";

/** kubectl of one cluster. */
export type Kubectl = (cluster: string, ...args: readonly string[]) => Promise<string>;

export interface End {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/** Connections at once: enough for each of the tunnels to get some. */
const FLOWS = 16;
const TUNNELS = [1, 2, 4] as const;

export interface TunnelBench {
  readonly kubectl: Kubectl;
  readonly liqoctl: (...args: readonly string[]) => Promise<string>;
  readonly env: Readonly<Record<string, string>>;
  /** Offloaded. */
  readonly namespace: string;
}

/** The clusters are `milan` and `rome`, peered. */
export async function tunnelFigures(bench: TunnelBench): Promise<Figure[]> {
  const { kubectl, env, namespace } = bench;
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
  const tunnel = await measure(env, server, client, "169.254.18.1");
  const bare = await measureBare(TUNNELS, FLOWS);
  const references = [
    ["bare tunnel", tunnel],
    ["bare carrier", bare.carrier],
    ["bare veth", bare.veth],
    ["one cluster", near],
  ] as const;
  const ends = { server: pod("net-c"), client: pod("net-a"), address: addresses.get("net-c") ?? "" };
  const several = await severalFigures(bench, ends, bare.flows);
  await kubectl("milan", "delete", "pod", "-n", namespace, "net-a", "net-b", "net-c", "--grace-period=0", "--force");
  const name = "pods of two clusters";
  const throughput = references.map(([of, { mbits }]): Figure => {
    return { name: `TCP, ${name}`, value: far.mbits, unit: "Mbit/s", reference: { name: of, value: mbits } };
  });
  const roundTrips = references.map(([of, { ms }]): Figure => {
    return { name: `round trip, ${name}`, value: far.ms, unit: "ms", reference: { name: of, value: ms } };
  });
  return [...throughput, ...roundTrips, ...several, ...bare.several];
}

interface Ends {
  readonly server: End;
  readonly client: End;
  readonly address: string;
}

async function severalFigures(
  bench: TunnelBench,
  { server, client, address }: Ends,
  bare: Measured,
): Promise<Figure[]> {
  const found: Figure[] = [];
  for (const count of TUNNELS) {
    await setTunnels(bench, count);
    const { mbits } = await measure(bench.env, server, client, address, FLOWS);
    const reference = { name: `bare carrier, ${FLOWS} connections`, value: bare.mbits };
    found.push({ name: `${FLOWS} connections, pods, ${count} tunnels`, value: mbits, unit: "Mbit/s", reference });
  }
  await setTunnels(bench, 1);
  return found;
}

/** Resolves when flows go into all of them. */
async function setTunnels({ kubectl, liqoctl }: TunnelBench, count: number): Promise<void> {
  await liqoctl(
    ...["network", "connect", "--context", "milan", "--remote-context", "rome"],
    "--gw-tunnels",
    String(count),
  );
  await eventually(
    `${count} tunnels are in use`,
    async () => {
      const path = "jsonpath={range .status.tunnels[*]}{.inUse} {end}";
      const used = await kubectl("milan", "get", "connection", "gw-rome", "-n", "liqo-tenant-rome", "-o", path);
      const wanted = count === 1 ? "" : "true ".repeat(count).trim();
      if (used.trim() !== wanted) throw new Error(`in use: ${used}`);
    },
    60_000,
  );
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
  flows = 1,
): Promise<Measured> {
  const inside =
    ({ cluster, namespace, pod }: End): Inside =>
    (...args) =>
      output("kubectl", ["--context", cluster, "exec", "-n", namespace, pod, "--", "node", ...args], { env });
  return measureBetween(inside(server), inside(client), address, flows);
}
