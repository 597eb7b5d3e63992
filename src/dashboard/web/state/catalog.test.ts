import assert from "node:assert/strict";
import { test } from "node:test";
import { itemKey } from "../../model/items.ts";
import { demoWorld, podItem } from "../testing/demo-world.ts";
import { catalogOf, homeOf, isSystem, itemAt, nameOfID, otherSide, selectedPods, twinOf } from "./catalog.ts";
import { itemsOf } from "./picture.ts";

const catalog = catalogOf(itemsOf({ at: 0, items: demoWorld(1_800_000_000_000) }));

test("the home of a twin namespace is the one that it stands for", () => {
  assert.deepEqual(homeOf(catalog, "rome", "shop-milan"), { cluster: "milan", namespace: "shop" });
  assert.deepEqual(homeOf(catalog, "rome", "reports"), { cluster: "rome", namespace: "reports" });
});

test("pods of a namespace are those of its twins, too", () => {
  const pods = selectedPods(catalog, { namespace: "shop", system: false });
  assert.deepEqual(new Set(pods.map(({ namespace }) => namespace)), new Set(["shop", "shop-milan"]));
  assert.equal(pods.length, 14);
});

test("the system's pods are shown when they are asked for", () => {
  const names = (system: boolean) => selectedPods(catalog, { system }).filter(({ namespace }) => isSystem(namespace));
  assert.equal(names(false).length, 0);
  assert.equal(names(true).length, 3);
});

test("the other side of a peering is the peer's", () => {
  const milan = catalog.of.peering.find(({ cluster, peer }) => cluster === "milan" && peer === "rome");
  assert.ok(milan);
  assert.equal(otherSide(catalog, milan)?.key, itemKey("peering", "rome", "", "milan"));
  assert.equal(otherSide(catalog, { ...milan, peer: "nobody" }), undefined);
});

test("a pod's twin is found both ways, and not where it is not seen", () => {
  const home = catalog.of.pod.find(({ role }) => role === "offloaded");
  assert.ok(home);
  const away = twinOf(catalog, home);
  assert.equal(away === undefined ? undefined : twinOf(catalog, away)?.key, home.key);
  const lone = podItem({ ...home, twin: itemKey("pod", "paris", "x", "y") });
  assert.equal(twinOf(catalog, lone), undefined);
});

test("a cluster is found whatever follows its name", () => {
  assert.equal(itemAt(catalog, "cluster/milan//milan")?.cluster, "milan");
  assert.equal(itemAt(catalog, "pod/milan//milan"), undefined);
});

test("an id that belongs to no cluster looked at stays as it is", () => {
  assert.equal(nameOfID(catalog, "paris"), "paris");
});

for (const [namespace, is] of [
  ["kube-system", true],
  ["liqo", true],
  ["liqo-tenant-rome", true],
  ["liqo-demo", false],
  ["default", false],
] as const)
  test(`${namespace} is ${is ? "" : "not "}the system's`, () => assert.equal(isSystem(namespace), is));
