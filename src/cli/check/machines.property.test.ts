import assert from "node:assert/strict";
import { test } from "node:test";
import { json, string } from "fast-check";
import { forAll, parseOrRefuse } from "#kit/properties.ts";
import { parseLinks, parseTables } from "./machines.ts";

test("whatever a pod prints is a list or refused", () => {
  for (const parse of [parseLinks, parseTables])
    for (const texts of [string(), json()])
      forAll(texts, (text) => {
        const found = parseOrRefuse<string, readonly unknown[]>(parse, text, (error) => error instanceof Error);
        assert.ok(found === undefined || Array.isArray(found));
      });
});

test("links of any names and sizes are read", () => {
  forAll(string(), (name) => {
    const link = { ifname: name, mtu: 1500, linkinfo: { info_kind: "veth" } };
    assert.deepEqual(parseLinks(JSON.stringify([link, { ifname: name }])), [{ name, mtu: 1500, kind: "veth" }]);
    assert.deepEqual(parseTables(JSON.stringify({ nftables: [{ metainfo: {} }, { table: { name } }] })), [name]);
  });
});
