/** Whatever stands in an address: a value within its bounds, or a Refusal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, integer, oneof, string, tuple } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { itemKey } from "../../model/items.ts";
import { parseActionRequest } from "../actions/parse.ts";
import { parseCounters } from "../samples/rates.ts";
import { Refusal } from "./answers.ts";
import { Guard } from "./guard.ts";
import { parseItemKey, Query } from "./query.ts";

const isRefusal = (error: unknown): boolean => error instanceof Refusal;
const text = oneof(
  string({ maxLength: 300 }),
  string({ unit: "binary", maxLength: 300 }),
  constantFrom("%", "%zz", "a/%2", "//", "\u0000"),
);

test("a key is read as it was made, whatever its parts", () => {
  const part = string({ unit: "grapheme", minLength: 1, maxLength: 60 });
  forAll(
    tuple(constantFrom("pod" as const, "workload" as const), part, part, part),
    ([kind, cluster, namespace, name]) => {
      assert.deepEqual(parseItemKey(itemKey(kind, cluster, namespace, name)), { kind, cluster, namespace, name });
    },
  );
});

test("any text is a key or none", () => {
  forAll(text, (value) => {
    const parsed = parseItemKey(value);
    if (parsed === undefined) return;
    assert.ok(
      parsed.cluster !== "" &&
        ["pod", "node", "cluster", "namespace", "peering", "service", "reflected", "workload"].includes(parsed.kind),
    );
  });
});

test("numbers keep to their bounds, names to their characters", () => {
  forAll(tuple(oneof(text, integer().map(String)), integer()), ([value, initial]) => {
    const query = new Query(new URLSearchParams({ value }));
    const number = parseOrRefuse(() => query.integer("value", initial, { least: -5, most: 1_000 }), value, isRefusal);
    assert.ok(number === undefined || (Number.isInteger(number) && number >= -5 && number <= 1_000));
    const name = parseOrRefuse(() => query.name("value"), value, isRefusal);
    assert.ok(name === undefined || /^[\w.-]{1,253}$/.test(name));
    parseOrRefuse(() => query.key("value"), value, isRefusal);
  });
});

test("a body of any text is an action or refused", () => {
  const almost = tuple(constantFrom("delete-pod", "scale", "cut", "toString"), text, oneof(text, integer())).map(
    ([action, key, replicas]) => JSON.stringify({ plan: true, request: { action, key, replicas } }),
  );
  forAll(oneof(text, almost), (value) => {
    const parsed = parseOrRefuse(parseActionRequest, value, isRefusal);
    assert.ok(parsed === undefined || parsed.parsed.cluster !== "");
  });
});

test("cookies and tokens of any text let nobody in", () => {
  const guard = new Guard({ hosts: ["127.0.0.1:1"], usesToken: true }, 1);
  forAll(text, (value) => {
    assert.equal(guard.isLetIn({ method: "GET", headers: { cookie: value } }), false);
    assert.equal(guard.isLetIn({ method: "GET", headers: { cookie: `liqo-dashboard-1=${value}` } }), false);
    assert.equal(guard.exchange(value), undefined);
  });
});

test("long texts cost no more than their length", () => {
  const long = "a".repeat(200_000);
  takesAtMost(1_000, () => {
    parseItemKey(`${"/".repeat(100_000)}${long}`);
    parseCounters(`liqo_peer_receive_bytes_total{${"a".repeat(500_000)}\n`.repeat(4), 0);
    parseOrRefuse(() => new Query(new URLSearchParams({ a: long })).name("a"), long, isRefusal);
  });
});
