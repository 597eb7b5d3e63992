import assert from "node:assert/strict";
import { test } from "node:test";
import { peeringItem } from "../testing/demo-world.ts";
import { hopsOf } from "./hops.ts";

const peering = peeringItem("milan", "rome", "Provider", 0);
const other = peeringItem("rome", "milan", "Consumer", 0);

test("a packet's way with both sides known", () => {
  assert.deepEqual(
    hopsOf(peering, "milan", "rome", other).map(({ title, says }) => `${title}: ${says}`),
    [
      "Pod in milan: sends to an address in 10.245.0.0/16",
      "Gateway of milan: rewrites 10.245.0.0/16 to 10.244.0.0/16, which the peer calls its own",
      "Tunnel: Connected, carried by UDP, packets up to 1340 bytes, to 172.20.0.4:51840",
      "Gateway of rome: gives the sender an address in 10.246.0.0/16",
      "Pod in rome: answers the same way back",
    ],
  );
});

const { connection: _, ...bare } = peering;
const TUNNELS = [
  { name: "connected", peering, health: "good" },
  { name: "connecting", peering: { ...peering, connection: { state: "Connecting" } }, health: "waiting" },
  { name: "in error", peering: { ...peering, connection: { state: "Error", message: "no handshake" } }, health: "bad" },
  { name: "of a state that nobody knows", peering: { ...peering, connection: { state: "Odd" } }, health: "bad" },
  { name: "that is not there", peering: bare, health: "waiting" },
] as const;

for (const { name, peering: each, health } of TUNNELS)
  test(`a tunnel ${name} is ${health}`, () => {
    assert.equal(hopsOf(each, "milan", "rome", undefined)[2]?.health, health);
  });

test("addresses that agree are not rewritten", () => {
  const same = { ...peering, cidrs: [{ what: "pod", theirs: "10.1.0.0/16", here: "10.1.0.0/16" }] } as const;
  assert.equal(hopsOf(same, "milan", "rome", undefined)[1]?.says, "forwards it unchanged");
});

test("a node whose packets are lost is named where they begin", () => {
  const lost = { ...peering, connection: { state: "Connected", paths: "of node worker-2: packets of pods are lost" } };
  const [first] = hopsOf(lost, "milan", "rome", other);
  const says = "sends to an address in 10.245.0.0/16; of node worker-2: packets of pods are lost";
  assert.deepEqual(first, { title: "Pod in milan", says, health: "bad" });
});
