import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { connections } from "#api/networking/connection.ts";
import { internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { systemClock } from "#base/clock.ts";
import { eventually } from "#kit/eventually.ts";
import { pods } from "#machinery/builtin.ts";
import { EchoAnswers } from "../conncheck/echo-answers.ts";
import { decodeMessage, HEADER_BYTES } from "../conncheck/message.ts";
import { fakeMachine } from "../testing/fake-machine.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import { PathAgent } from "./agent.ts";

const LOCAL = "127.0.0.1";
const PEER = "127.0.0.2";
const POD = "10.244.1.7";
const CONNECTION = { namespace: "liqo-tenant-rome", name: "gw-rome" };
const INTERVAL_MS = 600;

let api: NetworkApi;
let session: NetworkSession;
let machine: ReturnType<typeof fakeMachine<typeof systemClock>>;
let agent: PathAgent;
let gateway: Socket;
/** Longer packets are lost on the way; and from where the others seem to come. */
let most: number;
let from: string;

before(async () => {
  api = await startNetworkApi();
  const { ctx } = api.open();
  const { client } = api;
  const link = { gateway: { name: "liqo.gw" }, node: { ip: LOCAL } };
  await client.create(ctx, internalNodes, { metadata: { name: "node-1" }, spec: { interface: link } });
  await client.create(ctx, internalFabrics, {
    metadata: { namespace: CONNECTION.namespace, name: "rome" },
    spec: {
      gatewayIP: "10.244.0.5",
      interface: { gateway: { ip: "10.80.0.4" }, node: { name: "liqo.x" } },
      remoteCIDRs: ["127.0.0.0/8"],
    },
  });
});
after(() => api[Symbol.asyncDispose]());

describe("the way of a node's pods", () => {
  beforeEach(async () => {
    [session, most, from] = [api.open(), 1_500, POD];
    const { ctx } = session;
    const { client } = api;
    machine = fakeMachine({ "ip -4 -json addr show": `[{"addr_info":[{"local":"${LOCAL}"}]}]` }, systemClock);
    gateway = await openGateway();
    const gatewayRef = { kind: "WgGatewayServer", name: "rome" };
    const made = await client.create(ctx, connections, { metadata: CONNECTION, spec: { type: "Server", gatewayRef } });
    await client.updateStatus(ctx, connections, {
      ...made,
      status: {
        value: "Connected",
        echo: { address: PEER, port: gateway.address().port },
        mtu: { value: 1_340, origin: "Measured", timestamp: "2030-01-01T00:00:00Z" },
      },
    });
    const pod = await client.create(ctx, pods, {
      metadata: { namespace: "default", name: "shop" },
      spec: { nodeName: "node-1", containers: [{ name: "c", image: "i" }] },
    });
    const conditions = [{ type: "Ready", status: "True" }];
    await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP: POD, conditions } });
    const { informers } = session;
    agent = new PathAgent({ client, informers, machine, nodeName: "node-1", intervalMs: INTERVAL_MS });
    session.run((own) => agent.loop.run(own));
  });

  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
    await new Promise<void>((resolve) => gateway.close(() => resolve()));
    const { ctx } = api.open();
    await api.client.deleteIfPresent(ctx, connections, CONNECTION);
    await api.client.deleteIfPresent(ctx, pods, { namespace: "default", name: "shop" }, { gracePeriodSeconds: 0 });
  });

  /** As the peer's would. */
  async function openGateway(): Promise<Socket> {
    const socket = createSocket("udp4");
    const echoes = new EchoAnswers(systemClock);
    socket.on("message", (datagram, { address, port }) => {
      const message = decodeMessage(datagram);
      if (message === undefined || datagram.length + HEADER_BYTES > most) return;
      assert.equal(address, LOCAL);
      socket.send(echoes.answerTo(message, datagram.length, from) ?? "", port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, PEER, resolve));
    return socket;
  }

  const told = (small: string, full: string) =>
    eventually(`small ${small}, full-size ${full}`, async () => {
      const { status } = await api.client.get(session.ctx, connections, CONNECTION);
      const [path] = status?.paths ?? [];
      assert.deepEqual([path?.node, path?.small, path?.full, path?.bytes], ["node-1", small, full, 1_340]);
      return path;
    });

  test("each size is told, as a change of it is", async () => {
    await told("Passed", "Passed");
    assert.match(agent.render(), /liqo_path_passes\{cluster_id="rome",node="node-1",size="full"\} 1/);
    most = 1_000;
    await told("Passed", "Lost");
    assert.match(agent.render(), /size="full"\} 0/);
    most = 0;
    await told("Lost", "Lost");
    most = 1_500;
    await told("Passed", "Passed");
  });

  test("what arrives with the node's own address is lost for pods", async () => {
    from = LOCAL;
    await told("Lost", "Lost");
    // All of them have another one, by Liqo's own rules.
    from = "10.70.0.0";
    await told("Passed", "Passed");
  });

  test("as long as all is well it is told again at each interval, and the rest of the status is left alone", async () => {
    const first = await told("Passed", "Passed");
    await eventually("it is told again", async () => {
      const { status } = await api.client.get(session.ctx, connections, CONNECTION);
      assert.notEqual(status?.paths?.[0]?.lastProbe, first?.lastProbe);
      assert.deepEqual([status?.value, status?.mtu?.value], ["Connected", 1_340]);
    });
  });

  test("packets are sent in the name of a pod; without any nothing is measured, nor told", async () => {
    await told("Passed", "Passed");
    const disguise = (): string => machine.calls.findLast(({ command }) => command === "nft -f -")?.input ?? "";
    assert.match(disguise(), new RegExp(`ip daddr ${PEER} udp sport 61440-61567 .* ip saddr set ${POD}`));
    await api.client.delete(session.ctx, pods, { namespace: "default", name: "shop" }, { gracePeriodSeconds: 0 });
    await eventually("it is withdrawn", async () => {
      const { status } = await api.client.get(session.ctx, connections, CONNECTION);
      assert.deepEqual(status?.paths ?? [], []);
      assert.equal(disguise(), "table ip liqo-paths\ndelete table ip liqo-paths\n");
      assert.equal(agent.render(), "");
    });
  });
});
