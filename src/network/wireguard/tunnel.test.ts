import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { BATCH, type FakeMachine, failed, fakeMachine } from "../testing/fake-machine.ts";
import { tunnelAddresses } from "./addresses.ts";
import type { PeerStatistics } from "./config.ts";
import { EndpointResolver } from "./endpoint.ts";
import { Tunnel } from "./tunnel.ts";

const OWN = `${"A".repeat(43)}=`;
const PEER = `${"B".repeat(43)}=`;
const OTHER = `${"C".repeat(43)}=`;
const SHOW = "ip link show dev liqo-tunnel";
const SET = "wg set liqo-tunnel ";
const DUMP = "wg show liqo-tunnel dump";

let machine: FakeMachine;
let ctx: Context;
let stop: () => Promise<void>;
/** What `wg syncconf` was given. */
let configs: string[];
let paths: string[];
let peerKey: string | undefined;
let linksMade: number;
/** As in the dump. */
let peers: string;
let isNew: boolean;

describe("the tunnel", () => {
  beforeEach(() => {
    [configs, paths, peerKey, linksMade, peers, isNew] = [[], [], PEER, 0, "", true];
    let hasLink = false;
    machine = fakeMachine({
      [SHOW]: () => (hasLink ? "7: liqo-tunnel" : failed("does not exist")),
      "ip link add name liqo-tunnel": () => {
        hasLink = true;
        isNew = true;
        return "";
      },
      "ip link del dev liqo-tunnel": () => {
        hasLink = false;
        return "";
      },
      "wg syncconf liqo-tunnel": (command) => {
        const path = command.split(" ").at(-1) ?? "";
        assert.equal(statSync(path).mode & 0o077, 0, "others can read the key");
        const text = readFileSync(path, "utf8");
        configs.push(text);
        isNew = false;
        const key = /PublicKey = (.*)/.exec(text)?.[1];
        const endpoint = /Endpoint = (.*)/.exec(text)?.[1] ?? "(none)";
        peers = key === undefined ? "" : `${key}\t(none)\t${endpoint}\t0.0.0.0/0\t0\t0\t0\toff\n`;
        paths.push(path);
        return "";
      },
      "wg set liqo-tunnel": (command) => {
        const [key = "", ...words] = command.split(" peer ")[1]?.split(" ") ?? [];
        const endpoint = words[0] === "remove" ? undefined : (words[3] ?? "(none)");
        peers = endpoint === undefined ? "" : `${key}\t(none)\t${endpoint}\t0.0.0.0/0\t0\t0\t0\toff\n`;
        return "";
      },
      [DUMP]: () => `${configs.length === 0 || isNew ? "(none)" : OWN}\tpublic\t51840\toff\n${peers}`,
    });
    stop = async () => undefined;
  });
  afterEach(async () => {
    await stop();
    machine[Symbol.dispose]();
  });

  let relayed: string | undefined;

  function run(mode: "server" | "client", address = "192.0.2.7"): Tunnel {
    const { clock } = machine;
    const lookup = async (): Promise<readonly string[]> => Promise.reject(new Error("NXDOMAIN"));
    const tunnel = new Tunnel(machine, {
      mode,
      mtu: 1_340,
      listenPort: 51_840,
      implementation: "kernel",
      keys: { privateKey: OWN, publicKey: OWN },
      ...(mode === "client" && {
        endpoint: new EndpointResolver({ addresses: [address], port: 30_571 }, { intervalMs: 5_000, clock, lookup }),
      }),
      findPeerKey: () => peerKey,
      relayed: () => relayed,
      linkMade: () => {
        linksMade++;
      },
    });
    const own = withCancel({ signal: new AbortController().signal, log: silentLogger });
    ctx = own.ctx;
    const running = tunnel.run(own.ctx);
    stop = async () => {
      own.cancel();
      await running;
      await tunnel[Symbol.asyncDispose]();
    };
    return tunnel;
  }

  /** What `wg set` was told. */
  const sets = (): string[] =>
    machine.calls.flatMap(({ command }) => (command.startsWith(SET) ? [command.slice(SET.length)] : []));

  /** One pass, and how long until the next. */
  async function pass(): Promise<number> {
    machine.clock.step(await machine.clock.waiting());
    return machine.clock.waiting();
  }

  test("another carrier stands for the server as long as it is in use, within one session", async () => {
    relayed = undefined;
    const tunnel = run("client");
    await pass();
    relayed = "127.0.0.1:7";
    tunnel.trigger();
    await pass();
    relayed = undefined;
    tunnel.trigger();
    await pass();
    const to = (endpoint: string): string => `peer ${PEER} allowed-ips 0.0.0.0/0 endpoint ${endpoint}`;
    assert.deepEqual(sets(), [to("127.0.0.1:7"), to("192.0.2.7:30571")]);
    assert.equal(configs.length, 1);
  });

  test("both ends have an address, the server's is the first", () => {
    assert.deepEqual(tunnelAddresses("server"), { own: "169.254.18.1", peer: "169.254.18.2" });
    assert.deepEqual(tunnelAddresses("client"), { own: "169.254.18.2", peer: "169.254.18.1" });
  });

  test("a server listens, knows its peer by its key, and has address and MTU", async () => {
    const tunnel = run("server");
    assert.equal(await pass(), 5_000);
    assert.deepEqual(configs, [
      `[Interface]\nPrivateKey = ${OWN}\nListenPort = 51840\n[Peer]\nPublicKey = ${PEER}\nAllowedIPs = 0.0.0.0/0\n`,
    ]);
    assert.deepEqual(machine.takeLines(), [
      "addr replace 169.254.18.1/30 dev liqo-tunnel",
      "link set dev liqo-tunnel mtu 1340 up",
    ]);
    assert.equal(linksMade, 1);
    assert.deepEqual(tunnel.addresses, tunnelAddresses("server"));
    assert.equal(tunnel.driver?.description, "kernel");
  });

  test("another MTU is set at once, and stays", async () => {
    const tunnel = run("server");
    await pass();
    machine.takeLines();
    tunnel.setMtu(1_340);
    assert.equal(machine.clock.nextMs(), 5_000, "it is no other one");
    tunnel.setMtu(1_232);
    await machine.clock.waiting();
    assert.equal(machine.takeLines().at(-1), "link set dev liqo-tunnel mtu 1232 up");
    await pass();
    assert.equal(machine.takeLines().at(-1), "link set dev liqo-tunnel mtu 1232 up");
  });

  test("a client knows where its server is and listens nowhere in particular", async () => {
    run("client");
    await pass();
    assert.deepEqual(configs, [
      `[Interface]\nPrivateKey = ${OWN}\n[Peer]\nPublicKey = ${PEER}\nAllowedIPs = 0.0.0.0/0\nEndpoint = 192.0.2.7:30571\n`,
    ]);
    assert.deepEqual(machine.takeLines()[0], "addr replace 169.254.18.2/30 dev liqo-tunnel");
  });

  test("the key is nowhere left on the disk", async () => {
    run("server");
    await pass();
    assert.equal(paths.length, 1);
    for (const path of paths) assert.ok(!existsSync(dirname(path)));
  });

  test("until the peer's key is known the interface waits for it, and nobody is asked where the server is", async () => {
    peerKey = undefined;
    const tunnel = run("client", "gw.invalid");
    assert.equal(await pass(), 5_000);
    assert.deepEqual(configs, [`[Interface]\nPrivateKey = ${OWN}\n`]);
    peerKey = PEER;
    tunnel.trigger();
    assert.ok((await machine.clock.waiting()) <= 250, "a name without an address is tried again");
    assert.equal(configs.length, 1);
  });

  test("what changes is set, and nothing else", async () => {
    run("server");
    await pass();
    await pass();
    assert.equal(configs.length, 1);
    assert.equal(linksMade, 1);
    assert.deepEqual(sets(), []);
    peerKey = OTHER;
    await pass();
    assert.equal(configs.length, 1);
    assert.deepEqual(sets(), [`peer ${PEER} remove`, `peer ${OTHER} allowed-ips 0.0.0.0/0`]);
    peerKey = undefined;
    await pass();
    assert.deepEqual(sets().slice(2), [`peer ${OTHER} remove`]);
  });

  test("a peer that answers from elsewhere is not dialled again, one that moves is", async () => {
    const tunnel = run("client");
    await pass();
    peers = `${PEER}\t(none)\t198.51.100.9:1\t0.0.0.0/0\t1700000000\t10\t20\toff\n`;
    await pass();
    assert.deepEqual([sets(), tunnel.endpoint], [[], "192.0.2.7:30571"]);
  });

  test("a configuration that was not taken is written again", async () => {
    const take = machine.answers["wg syncconf liqo-tunnel"] ?? "";
    machine.answers["wg syncconf liqo-tunnel"] = failed("Line unrecognized");
    run("server");
    assert.ok((await pass()) <= 250);
    machine.answers["wg syncconf liqo-tunnel"] = take;
    await pass();
    assert.equal(configs.length, 1);
  });

  test("an interface that somebody removed is made and configured anew, and that is told", async () => {
    run("server");
    await pass();
    await machine.tools.run(ctx, ["ip", "link", "del", "dev", "liqo-tunnel"]);
    await pass();
    assert.equal(configs.length, 2);
    assert.equal(linksMade, 2);
  });

  test("that the interface was made is told when it can be used: after its address", async () => {
    machine.answers[BATCH] = failed("Cannot find device\nCommand failed -:1\n");
    run("server");
    assert.ok((await pass()) <= 250);
    assert.equal(linksMade, 0);
    delete machine.answers[BATCH];
    await pass();
    assert.equal(linksMade, 1);
  });

  test("what the peer sent is told as of the last pass", async () => {
    const tunnel = run("server");
    const read = (): PeerStatistics | undefined => tunnel.statistics;
    await pass();
    assert.equal(read(), undefined);
    peers = `${PEER}\t(none)\t1.2.3.4:5\t0.0.0.0/0\t1700000000\t10\t20\toff\n`;
    await pass();
    assert.deepEqual([read()?.receivedBytes, read()?.sentBytes], [10, 20]);
  });

  test("a client forgets a session that is dead and begins anew", async () => {
    const tunnel = run("client");
    await pass();
    await tunnel.restartSession(ctx);
    await machine.clock.waiting();
    const commands = machine.calls.map(({ command }) => command);
    const removed = commands.indexOf(`wg set liqo-tunnel listen-port 0 peer ${PEER} remove`);
    const again = `wg set liqo-tunnel peer ${PEER} allowed-ips 0.0.0.0/0 endpoint 192.0.2.7:30571`;
    assert.ok(removed >= 0 && removed < commands.indexOf(again));
    assert.equal(configs.length, 1);
  });

  test("a server keeps its session: it would forget where its client is", async () => {
    const tunnel = run("server");
    await pass();
    const before = machine.calls.length;
    await tunnel.restartSession(ctx);
    assert.equal(machine.calls.length, before);
  });

  test("a client without a peer, or whose interface is not there yet, has no session to begin anew", async () => {
    const tunnel = run("client");
    await tunnel.restartSession(ctx);
    assert.deepEqual(machine.calls, []);
    await pass();
    peerKey = undefined;
    const before = machine.calls.length;
    await tunnel.restartSession(ctx);
    assert.equal(machine.calls.length, before);
  });
});
