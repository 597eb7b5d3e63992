import assert from "node:assert/strict";
import { test } from "node:test";
import { demoWorld } from "../testing/demo-world.ts";
import { catalogOf } from "./catalog.ts";
import { itemsOf } from "./picture.ts";
import {
  ago,
  bytes,
  conditionHealth,
  cores,
  counted,
  duration,
  inventory,
  latency,
  percent,
  rate,
  troubles,
} from "./words.ts";

const WORDS: readonly (readonly [is: string, wanted: string])[] = [
  [duration(400), "0 s"],
  [duration(45_000), "45 s"],
  [duration(200_000), "3 min"],
  [duration(7_500_000), "2 h 5 min"],
  [duration(7_200_000), "2 h"],
  [duration(30 * 3_600_000), "30 h"],
  [duration(12 * 86_400_000), "12 days"],
  [ago(1_000, 1_500), "now"],
  [ago(0, 90_000), "1 min ago"],
  [bytes(0), "0 B"],
  [bytes(1536), "1.5 KiB"],
  [bytes(8 * 2 ** 30), "8 GiB"],
  [rate(0), "0 bit/s"],
  [rate(125_000), "1 Mbit/s"],
  [cores(1_000), "1 core"],
  [cores(1_300), "1.3 cores"],
  [latency(1.26), "1.3 ms"],
  [latency(240.4), "240 ms"],
  [percent(0), "0 %"],
  [percent(0.004), "0.4 %"],
  [percent(0.25), "25 %"],
  [counted(1, "pod"), "1 pod"],
  [counted(1_200, "pod"), "1,200 pods"],
];

for (const [is, wanted] of WORDS) test(`it says ${wanted}`, () => assert.equal(is, wanted));

const world = demoWorld(1_800_000_000_000);

test("the inventory counts a pod and its twin once", () => {
  const catalog = catalogOf(itemsOf({ at: 0, items: world }));
  const shop = catalog.of.pod.filter(({ namespace }) => namespace.startsWith("shop"));
  assert.equal(inventory(catalog, shop, 2), "3 clusters, 2 peerings, 9 pods, 5 of them in another cluster.");
});

test("what needs somebody is listed from the widest to the smallest, a twin's trouble once", () => {
  const items = world.map((item) => {
    if (item.kind === "cluster" && item.cluster === "rome") return { ...item, reachable: false };
    if (item.kind === "node" && item.name === "liqo-rome") return { ...item, ready: false, message: "kubelet stopped" };
    if (item.kind === "pod" && item.name.startsWith("ad-")) return { ...item, health: "bad" as const, status: "Error" };
    if (item.kind === "peering" && item.cluster === "milan" && item.peer === "rome")
      return { ...item, health: "bad" as const, connection: { state: "Error", message: "no answer from the gateway" } };
    if (item.kind === "peering" && item.cluster === "rome") return { ...item, health: "bad" as const };
    return item;
  });
  const catalog = catalogOf(itemsOf({ at: 0, items }));
  assert.deepEqual(
    troubles(catalog, catalog.of.pod).map(({ title, says }) => `${title}: ${says}`),
    [
      "Cluster rome: does not answer",
      "Peering of milan with rome: no answer from the gateway",
      "Node liqo-rome of milan: kubelet stopped",
      "Pod ad-7c9f8d6b5-abc90: Error, in namespace shop of milan",
    ],
  );
});

for (const [status, health] of [
  ["Established", "good"],
  ["NotReady", "bad"],
  ["Pending", "waiting"],
] as const)
  test(`a condition that is ${status} is ${health}`, () => assert.equal(conditionHealth(status), health));
