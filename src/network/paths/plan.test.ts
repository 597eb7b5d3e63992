import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Connection } from "#api/networking/connection.ts";
import type { InternalFabric } from "#api/networking/internal.ts";
import { timestamp } from "#machinery/conditions.ts";
import { chooseSender, isSure, pathTargets, pathToTell, type ToldPath, toldEveryMs } from "./plan.ts";

const KEY = { namespace: "liqo-tenant-rome", name: "gw-rome" };
const FABRIC: InternalFabric = {
  metadata: { ...KEY, name: "rome", labels: { [labels.REMOTE_CLUSTER_ID]: "rome-1" } },
  spec: {
    gatewayIP: "10.244.0.5",
    interface: { gateway: { ip: "10.80.0.4" }, node: { name: "liqo.x" } },
    remoteCIDRs: ["10.245.0.0/16", "10.71.0.0/16"],
  },
};

function connection(address: string, metadata: Connection["metadata"] = KEY, mtu = true): Connection {
  const measured = { value: 1_340, origin: "Measured" as const };
  return { metadata, status: { value: "Connected", echo: { address, port: 12_345 }, ...(mtu && { mtu: measured }) } };
}

describe("to whom a node measures the way", () => {
  for (const [what, all, expected] of [
    ["the peer's gateway", [connection("10.245.0.3")], ["rome-1 10.245.0.3:12345 1340"]],
    ["nobody outside of the peer's CIDRs", [connection("192.0.2.1")], []],
    ["no text that is no address", [connection("10.245.0.3;")], []],
    ["nobody that a Connection elsewhere names", [connection("10.245.0.3", { ...KEY, namespace: "shop" })], []],
    ["nobody that a Connection of another name names", [connection("10.245.0.3", { ...KEY, name: "gw-x" })], []],
    ["nobody before the MTU is known", [connection("10.245.0.3", KEY, false)], []],
    ["nobody that answers nothing", [{ metadata: KEY, status: { value: "Connected" } }], []],
  ] as const)
    test(what, () => {
      const found = pathTargets([FABRIC], all).map(
        ({ peer, address, port, bytes }) => `${peer} ${address}:${port} ${bytes}`,
      );
      assert.deepEqual(found, expected);
    });
});

describe("in whose name", () => {
  const pod = (minute: number, podIP: string, more: Partial<Pod> = {}, ready = "True"): Pod => ({
    metadata: { creationTimestamp: `2030-01-01T00:${minute}:00Z`, ...more.metadata },
    spec: { containers: [], ...more.spec },
    status: { podIP, phase: "Running", conditions: [{ type: "Ready", status: ready }] },
  });
  const gateway = {
    metadata: { creationTimestamp: "2030-01-01T00:10:00Z", labels: { [labels.NETWORKING_COMPONENT]: "gateway" } },
  };
  for (const [what, pods, expected] of [
    ["the oldest", [pod(12, "10.244.1.2"), pod(11, "10.244.1.3")], "10.244.1.3"],
    ["none of the host's network", [pod(11, "192.0.2.1", { spec: { hostNetwork: true, containers: [] } })], undefined],
    ["none that is not ready", [pod(11, "10.244.1.3", {}, "False")], undefined],
    [
      "none that ends",
      [
        pod(11, "10.244.1.3", {
          metadata: { creationTimestamp: "2030-01-01T00:10:00Z", deletionTimestamp: "2030-01-01T00:11:00Z" },
        }),
      ],
      undefined,
    ],
    ["no gateway", [pod(10, "10.244.1.4", gateway)], undefined],
    ["none without an address", [pod(10, "")], undefined],
  ] as const)
    test(what, () => assert.equal(chooseSender(pods), expected));
});

describe("what is told", () => {
  const NOW = Date.parse("2030-01-01T00:10:00Z");
  const told: ToldPath = {
    ...{ node: "a", small: "Passed", full: "Passed", bytes: 1_340, interval: "10s" },
    lastProbe: timestamp(NOW - 9_000),
  };
  const telling = { node: "a", bytes: 1_340, nowMs: NOW, everyMs: 10_000 };
  const good = { small: "Passed", full: "Passed" } as const;
  for (const [what, before, found, changes, isTold] of [
    ["the first time", undefined, good, {}, true],
    ["nothing new", told, good, {}, false],
    ["the same, an interval later", told, good, { nowMs: NOW + 1_000 }, true],
    ["a change, at once", told, { small: "Passed", full: "Lost" }, {}, true],
    ["another MTU, at once", told, good, { bytes: 1_300 }, true],
    ["another interval, at once", told, good, { everyMs: 20_000 }, true],
  ] as const)
    test(what, () => {
      const now = { ...telling, ...changes };
      const expected = {
        node: "a",
        ...found,
        bytes: now.bytes,
        interval: `${now.everyMs / 1_000}s`,
        lastProbe: timestamp(now.nowMs),
      };
      assert.deepEqual(pathToTell(before, found, now), isTold ? expected : undefined);
    });

  for (const [nodes, expected] of [
    [2, 10_000],
    [20, 10_000],
    [1_000, 500_000],
  ] as const)
    test(`of ${nodes} nodes each tells every ${expected / 1_000} s`, () =>
      assert.equal(toldEveryMs(10_000, nodes), expected));
});

describe("bad news", () => {
  const good = { small: "Passed", full: "Passed" } as const;
  const bad = { small: "Passed", full: "Lost" } as const;
  const worse = { small: "Lost", full: "Lost" } as const;
  for (const [what, before, found, expected] of [
    ["good news holds at once", bad, good, true],
    ["of a way that was whole it may be a moment's", good, bad, false],
    ["of a way that was never measured, too", undefined, worse, false],
    ["found again it holds", bad, worse, true],
  ] as const)
    test(what, () => assert.equal(isSure(before, found), expected));
});
