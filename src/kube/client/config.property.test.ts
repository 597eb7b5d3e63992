import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, jsonValue, oneof, record, string } from "fast-check";
import { stringify } from "yaml";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { configFromKubeconfig, KubeconfigError, parseKubeconfig } from "./config.ts";

const isRefusal = (error: unknown): boolean => error instanceof KubeconfigError;
const read = (text: string): unknown => configFromKubeconfig(parseKubeconfig(text, "test"), {}, "test");

test("whatever the text, it is a kubeconfig or is refused as one", () => {
  const name = constantFrom("a", "b");
  const part = oneof(jsonValue({ maxDepth: 1 }), name);
  const item = oneof(
    part,
    record({
      name: oneof(name, part),
      cluster: oneof(part, record({ server: oneof(part, constantFrom("https://a:1")) })),
      user: part,
      context: oneof(part, record({ cluster: name, user: oneof(name, part), namespace: part })),
    }),
  );
  const items = oneof(part, array(item, { maxLength: 3 }));
  const config = record({ "current-context": oneof(name, part), clusters: items, users: items, contexts: items });
  forAll(
    oneof(
      string(),
      jsonValue().map((value) => JSON.stringify(value)),
    ),
    (text) => parseOrRefuse(read, text, isRefusal),
  );
  forAll(config, (value) => parseOrRefuse(read, JSON.stringify(value), isRefusal), 400);
  forAll(config, (value) => parseOrRefuse(read, stringify(value), isRefusal), 50);
});

test("a kubeconfig that a stranger sent is bounded in size, depth, keys and aliases", () => {
  for (const text of [
    "x".repeat(2 << 20),
    "[".repeat(100_000),
    `{"a":${"[".repeat(100_000)}`,
    "? ".repeat(10_000),
    Array.from({ length: 40_000 }, (_, i) => `k${i}: v`).join("\n"),
    Array.from({ length: 20_000 }, (_, i) => `- &a${i} x\n- *a${i}`).join("\n"),
  ])
    takesAtMost(3_000, () => assert.throws(() => read(text), { name: "KubeconfigError" }));
});
