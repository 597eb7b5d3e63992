import assert from "node:assert/strict";
import { test } from "node:test";
import * as labels from "#api/labels.ts";
import { forgeNamespaceMap } from "#forge/virtualnode-objects.ts";
import { isOurs } from "./controller.ts";

const MAP = forgeNamespaceMap("rome", "liqo-tenant-rome");
const labelled = (own: Record<string, string>): typeof MAP => ({ metadata: { ...MAP.metadata, labels: own } });

for (const [name, expected, map, peer] of [
  ["made for a provider, in its tenant namespace", true, MAP, "rome"],
  ["of that name elsewhere", false, MAP, undefined],
  ["of that name in another's tenant namespace", false, MAP, "turin"],
  ["that a consumer replicated hither", false, labelled({ [labels.REPLICATED]: "true" }), "rome"],
  [
    "that a consumer replicated hither and relabelled",
    false,
    labelled({ [labels.REPLICATED]: "false", [labels.ORIGIN_ID]: "rome" }),
    "rome",
  ],
] as const) {
  test(`a map ${name} is ${expected ? "" : "not "}ours to write`, () => assert.equal(isOurs(map, peer), expected));
}
