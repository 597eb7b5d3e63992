import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApiServer } from "#playground/testing.ts";

const PODS = "/api/v1/namespaces/default/pods";
const container = { name: "c", image: "i" };
const podOf = (labelSelector: object | undefined, matchLabelKeys: string[]) => ({
  metadata: { name: "p", labels: { app: "web", hash: "1" } },
  spec: {
    containers: [container],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector, matchLabelKeys },
    ],
  },
});

test("matchLabelKeys of a new pod become part of the selector", async () => {
  await using api = await startTestApiServer();
  const body = podOf({ matchLabels: { app: "web" } }, ["hash", "unset"]);
  const made = await api.request("POST", PODS, { body });
  assert.equal(made.code, 201, made.text);
  assert.deepEqual(made.body.spec.topologySpreadConstraints[0].labelSelector, {
    matchLabels: { app: "web" },
    matchExpressions: [{ key: "hash", operator: "In", values: ["1"] }],
  });
});

for (const [name, selector, message] of [
  [
    "a key that the selector has, too",
    { matchLabels: { hash: "1" } },
    /exists in both matchLabelKeys and labelSelector/,
  ],
  ["no selector", undefined, /matchLabelKeys: Forbidden: must not be specified when labelSelector is not set/],
] as const) {
  test(`matchLabelKeys are refused with ${name}`, async () => {
    await using api = await startTestApiServer();
    const made = await api.request("POST", PODS, { body: podOf(selector, ["hash"]) });
    assert.equal(made.code, 422, made.text);
    assert.match(made.body.message ?? "", message);
  });
}
