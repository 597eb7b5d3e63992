import assert from "node:assert/strict";
import { test } from "node:test";
import { itemKey } from "../../model/items.ts";
import { demoWorld } from "../testing/demo-world.ts";
import { catalogOf } from "./catalog.ts";
import { itemsOf } from "./picture.ts";
import { dnsName, reachOf, runsIn } from "./reach.ts";

const catalog = catalogOf(itemsOf({ at: 0, items: demoWorld(1_800_000_000_000) }));
const service = catalog.of.service.find(({ name, cluster }) => name === "frontend" && cluster === "rome");

test("a Service is reached in each cluster that has it, the original first", () => {
  assert.ok(service);
  assert.deepEqual(
    reachOf(catalog, service).map((reach) => [reach.service.cluster, reach.copy, dnsName(reach.service), reach.runsIn]),
    [
      ["milan", false, "frontend.shop.svc", [{ cluster: "rome", count: 1 }]],
      ["florence", true, "frontend.shop-milan.svc", [{ cluster: "rome", count: 1 }]],
      ["rome", true, "frontend.shop-milan.svc", [{ cluster: "rome", count: 1 }]],
    ],
  );
});

test("an offloaded pod runs where its twin is, others where they are", () => {
  const of = (role: string) =>
    runsIn(
      catalog,
      catalog.of.pod.find((pod) => pod.role === role && pod.name.startsWith(role === "native" ? "cart" : "ad"))?.key,
    );
  assert.deepEqual([of("native"), of("offloaded"), of("twin")], ["milan", "rome", "rome"]);
  assert.equal(runsIn(catalog, itemKey("pod", "milan", "shop", "gone")), undefined);
});
