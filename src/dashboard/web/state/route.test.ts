import assert from "node:assert/strict";
import { test } from "node:test";
import { itemKey } from "../../model/items.ts";
import { hrefOf, type Place, parseRoute } from "./route.ts";

const PLACES: readonly (readonly [hash: string, place: Place])[] = [
  ["#/", { page: "federation" }],
  ["#/?namespace=shop", { page: "federation", namespace: "shop" }],
  ["#/pods", { page: "pods" }],
  ["#/history?from=1000&to=31000", { page: "history", from: 1_000, to: 31_000 }],
  ["#/cluster/milan", { page: "item", key: itemKey("cluster", "milan", "", "") }],
  ["#/node/milan/worker-1", { page: "item", key: itemKey("node", "milan", "", "worker-1") }],
  ["#/peering/milan/rome", { page: "item", key: itemKey("peering", "milan", "", "rome") }],
  [
    "#/pod/milan/shop/web-1?at=1732999999000",
    { page: "item", key: itemKey("pod", "milan", "shop", "web-1"), at: 1_732_999_999_000 },
  ],
  ["#/service/a%2Fb%20c/shop/web", { page: "item", key: itemKey("service", "a/b c", "shop", "web") }],
];

for (const [hash, place] of PLACES)
  test(`${hash} is a place, and the place has that address`, () => {
    assert.deepEqual(parseRoute(hash), place);
    assert.equal(hrefOf(place), hash);
  });

const UNKNOWN = ["#/nothing", "#/pod/milan/shop", "#/pod/milan/shop/web/more", "#/node/milan", "#/cluster/milan/more"];
for (const hash of UNKNOWN)
  test(`${hash} is no page`, () => {
    assert.equal(parseRoute(hash).page, "unknown");
  });

test("a time that is none is left out", () => {
  assert.deepEqual(parseRoute("#/?at=yesterday&from=-1"), { page: "federation" });
});

test("no address at all is the federation", () => {
  assert.deepEqual(parseRoute(""), { page: "federation" });
});
