/**
 * The kinds of NAT that may stand before the gateway client and before the gateway server, each with each, and whether
 * pods then reach each other. Gateway and node address of each cluster are behind a router; what the router does is a cell's own.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NODE_IPS, NODE_PORT, OUTSIDE_IPS, POD_IPS, type Side } from "./testing/two-clusters.ts";
import { type Dialled, findObstacle, other, REMAPPED, remap, SIDES, TwoGateways } from "./testing/two-gateways.ts";

const MAPPED_PORT = 4500;
const OUT = `type nat hook postrouting priority srcnat; policy accept; oifname "outside"`;
const IN = `type nat hook prerouting priority dstnat; policy accept; iifname "outside"`;

/** Rules of the client's router. */
const CLIENTS: Readonly<Record<string, string>> = {
  "no NAT": "",
  "one that keeps ports": `chain out { ${OUT} masquerade; }`,
  "one with a port for each destination": `chain out { ${OUT} masquerade random,fully-random; }`,
};

interface Position {
  readonly rules: string;
  readonly dialled: Dialled;
  readonly works: boolean;
}

const HIDDEN = `
  chain out { ${OUT} masquerade; }
  chain forward { type filter hook forward priority filter; policy accept; iifname "outside" ct state new ct status & dnat == 0 drop; }`;
const mapped = (port: number) => `${HIDDEN}
  chain in { ${IN} udp dport ${port} dnat to ${NODE_IPS.b}:${NODE_PORT}; }`;

/** Rules of the server's router, and where the client looks for the server. */
const SERVERS: Readonly<Record<string, Position>> = {
  "no NAT": { rules: "", dialled: { address: NODE_IPS.b, port: NODE_PORT }, works: true },
  "its port mapped": {
    rules: mapped(NODE_PORT),
    dialled: { address: OUTSIDE_IPS.b, port: NODE_PORT },
    works: true,
  },
  "another port mapped": {
    rules: mapped(MAPPED_PORT),
    dialled: { address: OUTSIDE_IPS.b, port: MAPPED_PORT },
    works: true,
  },
  "nothing mapped": { rules: HIDDEN, dialled: { address: OUTSIDE_IPS.b, port: NODE_PORT }, works: false },
};

describe("kinds of NAT", { skip: findObstacle(), timeout: 600_000 }, () => {
  let gateways: TwoGateways;
  const grid: string[][] = [["client \\ server", ...Object.keys(SERVERS)]];
  before(async () => {
    gateways = await TwoGateways.start("by routers");
  });
  after(() => gateways?.[Symbol.asyncDispose]());

  for (const [client, rules] of Object.entries(CLIENTS)) {
    const row = [client];
    grid.push(row);
    for (const [server, position] of Object.entries(SERVERS)) {
      const expected = position.works ? "pods talk, also when the NAT has forgotten them" : "there is no way";
      it(`client: ${client}; server: ${server}: ${expected}`, async () => {
        await gateways.killGateway("a");
        await route("a", rules);
        await route("b", position.rules);
        await forget();
        gateways.startGateway("a", position.dialled);
        row.push(await (position.works ? talks() : isSilent()));
        assert.equal(row.at(-1), position.works ? "yes" : "no");
      });
    }
  }

  it("the grid as a whole", (t) => {
    for (const line of grid) t.diagnostic(line.map((cell) => cell.padEnd(38)).join(""));
    const works = grid.slice(1).map(([, ...cells]) => cells);
    assert.deepEqual(
      works,
      Object.keys(CLIENTS).map(() => Object.values(SERVERS).map((position) => (position.works ? "yes" : "no"))),
    );
  });

  /** What the router does from now on. */
  async function route(side: Side, rules: string): Promise<void> {
    await gateways.net.run(side, "router", ["nft", "-f", "-"], `flush ruleset\ntable ip router { ${rules}\n}\n`);
  }

  /** As routers do that restart, or have too many connections. */
  async function forget(): Promise<void> {
    for (const side of SIDES)
      for (const role of ["router", "node"] as const) await gateways.net.run(side, role, ["conntrack", "-F"]);
  }

  /** Both ways, and once more after the mapping was lost. */
  async function talks(): Promise<string> {
    for (const text of ["hello", "again"]) {
      for (const side of SIDES) {
        const from = remap(POD_IPS[side].pod, REMAPPED[other(side)]);
        assert.equal(await gateways.say(side, "udp", text), `${from} ${text}`);
      }
      await forget();
    }
    return "yes";
  }

  /** No handshake goes through. */
  async function isSilent(): Promise<string> {
    for (const side of SIDES) {
      const address = remap(POD_IPS[other(side)].pod, REMAPPED[side]);
      await assert.rejects(gateways.sayOnce(side, "udp", address, "lost"), /exited with/);
    }
    return "no";
  }
});
