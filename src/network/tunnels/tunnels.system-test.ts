/** Story: several tunnels between two gateways, under connections that are held all the time. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { firstOutput, NODE_PORT, POD_IPS } from "../testing/two-clusters.ts";
import { findObstacle, REMAPPED, remap, SIDES, TwoGateways, until } from "../testing/two-gateways.ts";
import { DEFAULT_PORT } from "../wireguard/tunnel.ts";

const HELD = fileURLToPath(new URL("../testing/held.ts", import.meta.url));
const PORT = "7100";
const FLOWS = 16;
/** What TCP needs to send again what was lost until silence was found, on a machine with other work. */
const MOST_MS = 6_000;
const FIRST = "liqo-tunnel";
const SECOND = "liqo-tunnel1";
const THIRD = "liqo-tunnel2";

describe("several tunnels to one peer", { skip: findObstacle(), timeout: 300_000 }, () => {
  let gateways: TwoGateways;
  let held: ChildProcess;
  /** What was printed since it was asked last. */
  let told: string[] = [];
  before(async () => {
    gateways = await TwoGateways.start();
    await firstOutput(gateways.net.start("b", "pod", HELD, ["serve", PORT]));
    assert.match(await gateways.say("a", "tcp", "hello"), /hello/);
    held = gateways.net.start("a", "pod", HELD, ["hold", remap(POD_IPS.b.pod, REMAPPED.a), PORT, String(FLOWS)]);
    held.stdout?.on("data", (text: Buffer) => told.push(...text.toString().trim().split("\n")));
    await until("the connections", async () => (told.length > 3 ? true : undefined));
    told = [];
  });
  after(() => gateways?.[Symbol.asyncDispose]());

  /** All connections are there; resolves to the longest time that one of them was silent. */
  async function silenceMs(): Promise<number> {
    const before = told.length;
    await until("news of the connections", async () => (told.length > before + 2 ? true : undefined));
    assert.equal(held.exitCode, null, told.join(" "));
    const longest = Math.max(...told.splice(0).map(Number));
    assert.ok(longest < MOST_MS, `a connection was silent for ${longest} ms`);
    return longest;
  }

  async function setTunnels(count: number): Promise<void> {
    const ports = (first: number) => Array.from({ length: count }, (_, at) => first + at);
    await gateways.setPorts("b", ports(DEFAULT_PORT));
    await gateways.setPorts("a", ports(NODE_PORT));
  }

  /** As the Connections of both ends show them: those that are used, or all. */
  async function untilShown(wanted: readonly string[], which: "used" | "all" = "used"): Promise<void> {
    for (const side of SIDES)
      await until(`${which} tunnels of ${side}: ${wanted.join()}`, async () => {
        const { status } = (await gateways.findConnection(side)) ?? {};
        const shown = (status?.tunnels ?? []).filter(({ inUse }) => which === "all" || inUse);
        const isSo = String(shown.map((each) => each.interface)) === String(wanted);
        return isSo && status?.value === "Connected" ? true : undefined;
      });
  }

  async function sentInto(link: string): Promise<number> {
    const text = await gateways.net.run("a", "gw", ["ip", "-json", "-stats", "link", "show", "dev", link]);
    return (JSON.parse(text) as [{ stats64: { tx: { packets: number } } }])[0].stats64.tx.packets;
  }

  /** How many packets go into it while the connections say so much that each tunnel would have its part. */
  async function packetsInto(link: string): Promise<number> {
    const before = await sentInto(link);
    await silenceMs();
    await silenceMs();
    return (await sentInto(link)) - before;
  }

  it("shows nothing of tunnels as long as there is one", async () => {
    const connection = await gateways.findConnection("a");
    assert.deepEqual([connection?.status?.value, connection?.status?.tunnels], ["Connected", undefined]);
  });

  it("spreads flows over tunnels that are added", async () => {
    await setTunnels(3);
    await untilShown([FIRST, SECOND, THIRD]);
    await silenceMs();
    for (const link of [FIRST, SECOND, THIRD]) assert.ok((await packetsInto(link)) > 20, link);
  });

  it("sends nothing into one whose port is shut, and uses it again when it is open", async () => {
    const shut = `table ip shut { chain in { type filter hook prerouting priority raw; udp dport ${NODE_PORT + 1} drop; }; }`;
    await gateways.net.run("b", "node", ["nft", "-f", "-"], shut);
    await untilShown([FIRST, THIRD]);
    await silenceMs();
    // Pings only, one in 250 ms.
    assert.ok((await packetsInto(SECOND)) < 10);
    await gateways.net.run("b", "node", ["nft", "delete", "table", "ip", "shut"]);
    await untilShown([FIRST, SECOND, THIRD]);
    await silenceMs();
  });

  it("does without the first one, too", async () => {
    const shut = `table ip shut { chain in { type filter hook prerouting priority raw; udp dport ${NODE_PORT} drop; }; }`;
    await gateways.net.run("b", "node", ["nft", "-f", "-"], shut);
    await untilShown([SECOND, THIRD]);
    await silenceMs();
    assert.match(await gateways.say("b", "tcp", "from the other end"), /from the other end/);
    await gateways.net.run("b", "node", ["nft", "delete", "table", "ip", "shut"]);
    await untilShown([FIRST, SECOND, THIRD]);
  });

  it("goes on when the process of one dies", async () => {
    const number = async () => {
      const links = await gateways.net.run("a", "gw", ["ip", "-o", "link", "show"]);
      return new RegExp(`^(\\d+): ${SECOND}:`, "m").exec(links)?.[1];
    };
    const before = await number();
    await silenceMs();
    await gateways.killTunnel("a", SECOND);
    await until("a new one", async () => {
      const found = await number();
      return found === before ? undefined : found;
    });
    await until("flows in the new one", async () => ((await packetsInto(SECOND)) > 20 ? true : undefined));
    await untilShown([FIRST, SECOND, THIRD]);
    await silenceMs();
  });

  it("removes tunnels without losing what is on its way", async () => {
    await silenceMs();
    await setTunnels(2);
    await untilShown([FIRST, SECOND], "all");
    await setTunnels(1);
    for (const side of SIDES)
      await until(`one tunnel at ${side}`, async () => {
        const links = await gateways.net.run(side, "gw", ["ip", "-o", "link", "show"]);
        const shown = await gateways.findConnection(side);
        return !links.includes(`${SECOND}:`) && shown?.status?.tunnels === undefined ? true : undefined;
      });
    assert.ok((await silenceMs()) < 1_000);
  });
});
