/**
 * The path between the clusters carries less than it did, and later more again: the tunnel's MTU follows, transfers under way
 * go on, and new connections work.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "#api/networking/connection.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { NarrowPath } from "#engines/engine.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import type { Background } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";

const NAMESPACE = "transfer";
const PORT = 5_201;
const CONFIGURED = 1_340;
/** What WireGuard adds to a packet, with its own headers. */
const ADDED = 60;
const FOUND_MS = 40_000;
/** Longest time that a transfer may stand still: TCP itself waits longer and longer. */
const PAUSE_MS = 15_000;
const PAGE_BYTES = 1 << 18;

/** Both ends send all the time when asked with an s; to a p a page is answered. */
const STREAM = `const chunk = Buffer.alloc(1 << 16);
const stream = (socket) => {
  const timer = setInterval(() => socket.writableLength < 1 << 20 && socket.write(chunk), 10);
  socket.on("close", () => clearInterval(timer));
};`;
const SERVER = `${STREAM}
require("node:net").createServer((socket) => {
  socket.on("error", () => {}).once("data", (first) => {
    if (first[0] === 112) return void socket.end(Buffer.alloc(${PAGE_BYTES}));
    stream(socket.resume());
  });
}).listen(${PORT});`;
/** Prints how much has come and how much has gone, five times a second. */
const CLIENT = `${STREAM}
let received = 0;
const socket = require("node:net").connect(${PORT}, process.argv[1], () => { socket.write("s"); stream(socket); });
socket.on("data", ({ length }) => (received += length)).on("error", (error) => console.log(String(error)));
setInterval(() => console.log(Date.now(), received, socket.bytesWritten - socket.writableLength), 200);`;
const VISIT = `let received = 0;
require("node:net").connect(${PORT}, process.argv[1]).on("data", ({ length }) => (received += length))
  .on("close", () => console.log(received)).on("error", (error) => console.log(String(error))).write("p");`;

describe("the MTU of the tunnel", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let far: string;
  let transfer: Transfer;

  before(async () => {
    clusters = await startPeered({ workers: 1 }, "--set", "networking.gatewayTemplates.mtuProbeInterval=5s");
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await run("far", "liqo-rome", SERVER);
    await run("near", "worker-node-1", "setInterval(() => {}, 1e6)");
    far = await clusters.kubectl("milan", "get", "pod", "far", "-n", NAMESPACE, "-o", "jsonpath={.status.podIP}");
    transfer = new Transfer(clusters.startKubectl("milan", ...inNear(CLIENT)));
  });
  after(async () => {
    await transfer?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await carried(CONFIGURED);
    await transfer.flows();
  });

  test("is what was configured, where the path carries that", async () => {
    assert.match(await clusters.liqoctl("info", "peer", "rome", "--context", "milan"), /MTU: +1340 \(measured\)/);
    assert.equal(await visit(), PAGE_BYTES);
  });

  // Narrower each time: pods remember for ten minutes what they were told. WireGuard pads to multiples of 16.
  for (const [what, narrowed, path, fitting] of [
    ["whose routers tell that packets are too long", ["milan", "rome"], { mtu: 1_300 }, 1_232],
    ["that swallows what is too long, in one direction", ["rome"], { mtu: 1_200, isBlackHole: true }, 1_136],
    ["that swallows what is too long, in both directions", ["milan", "rome"], { mtu: 1_100, isBlackHole: true }, 1_040],
  ] as const)
    test(`follows a path ${what}`, () => survives(narrowed, path, fitting));

  async function survives(narrowed: readonly string[], path: NarrowPath, fitting: number): Promise<void> {
    const { setPath } = machineOf(clusters.engine);
    const begunMs = Date.now();
    for (const cluster of narrowed) await setPath(cluster, path);
    await carried(fitting);
    assert.equal(await visit(), PAGE_BYTES, "a new connection");
    await transfer.flows();
    for (const cluster of narrowed) await setPath(cluster);
    await carried(CONFIGURED);
    assert.equal(await visit(), PAGE_BYTES, "a new connection");
    await transfer.flows();
    const pauseMs = transfer.longestPauseMs(begunMs);
    assert.ok(pauseMs < PAUSE_MS, `the transfer stood still for ${pauseMs} ms`);
  }

  /** Both clusters show that MTU, and the tunnel has it. */
  async function carried(mtu: number): Promise<void> {
    await eventually(
      `an MTU of ${mtu}, that is packets of ${mtu + ADDED} on the path`,
      async () => {
        for (const { name } of clusters.clusters) {
          const { items } = await clusters.get<{ items: Connection[] }>(name, "connections", "-A");
          const shown = items.map(({ status }) => [status?.value, status?.mtu?.value, status?.mtu?.origin]);
          assert.deepEqual(shown, [["Connected", mtu, "Measured"]], name);
        }
        const link = [
          "exec",
          "-n",
          "liqo-tenant-rome",
          "deployment/gw-rome",
          "--",
          "ip",
          "link",
          "show",
          "liqo-tunnel",
        ];
        assert.match(await clusters.kubectl("milan", ...link), new RegExp(`mtu ${mtu} `));
      },
      FOUND_MS,
    );
  }

  async function visit(): Promise<number> {
    return Number(await clusters.kubectl("milan", ...inNear(VISIT)));
  }

  function inNear(script: string): string[] {
    return ["exec", "-n", NAMESPACE, "near", "--", "node", "-e", script, far];
  }

  async function run(name: string, node: string, script: string): Promise<void> {
    const nodeSelector = { "kubernetes.io/hostname": node };
    const overrides = JSON.stringify({ spec: { nodeSelector, terminationGracePeriodSeconds: 1 } });
    const command = ["--image=node", `--overrides=${overrides}`, "--command", "--", "node", "-e", script];
    await clusters.kubectl("milan", "run", name, "-n", NAMESPACE, ...command);
    await clusters.kubectl("milan", "wait", "-n", NAMESPACE, "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
  }
});

interface Reading {
  readonly atMs: number;
  readonly received: number;
  readonly sent: number;
}

/** Bytes that go both ways over one connection that is never made anew. */
class Transfer implements AsyncDisposable {
  readonly #client: Background;

  constructor(client: Background) {
    this.#client = client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  /** Resolves when both directions move again. */
  async flows(): Promise<void> {
    await eventually(
      "bytes go both ways",
      async () => {
        const before = this.#readings().at(-1);
        await delay(1_000);
        const now = this.#readings().at(-1);
        assert.ok(before !== undefined && now !== undefined, this.#client.text.slice(-200));
        assert.ok(now.received > before.received && now.sent > before.sent, JSON.stringify({ before, now }));
      },
      FOUND_MS,
    );
  }

  /** Of either direction, since then. */
  longestPauseMs(sinceMs: number): number {
    const readings = this.#readings().filter(({ atMs }) => atMs >= sinceMs);
    const moved = (of: "received" | "sent"): number => {
      let [longest, last] = [0, sinceMs];
      for (const [i, reading] of readings.entries()) {
        if (reading[of] === readings[i - 1]?.[of]) continue;
        longest = Math.max(longest, reading.atMs - last);
        last = reading.atMs;
      }
      return longest;
    };
    return Math.max(moved("received"), moved("sent"));
  }

  #readings(): Reading[] {
    const lines = this.#client.text.split("\n").filter((line) => /^\d+ \d+ \d+$/.test(line));
    return lines.map((line) => {
      const [atMs = 0, received = 0, sent = 0] = line.split(" ").map(Number);
      return { atMs, received, sent };
    });
  }
}
