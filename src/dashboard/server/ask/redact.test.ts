import assert from "node:assert/strict";
import { test } from "node:test";
import { objectEvents } from "./events.ts";
import { withoutSecrets } from "./redact.ts";

const PRIVATE = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

for (const [what, object, shown] of [
  [
    "of a Secret its names, without values and what kubectl has applied",
    {
      kind: "Secret",
      metadata: { name: "s", annotations: { [APPLIED]: '{"data":{"a":"x"}}', note: "n" } },
      data: { a: "x" },
      stringData: { b: "y" },
      type: "Opaque",
    },
    {
      kind: "Secret",
      metadata: { name: "s", annotations: { note: "n" } },
      data: { a: "(hidden)" },
      stringData: { b: "(hidden)" },
      type: "Opaque",
    },
  ],
  [
    "of a Secret without data nothing is missing",
    { kind: "Secret", metadata: { name: "s", annotations: { [APPLIED]: "{}" } } },
    { kind: "Secret", metadata: { name: "s" } },
  ],
  [
    "of a ConfigMap what is none of its secrets",
    {
      kind: "ConfigMap",
      metadata: { name: "c" },
      data: { key: PRIVATE, kubeconfig: "users:\n- user: {client-key-data: abc}", colour: "red" },
    },
    { kind: "ConfigMap", metadata: { name: "c" }, data: { key: "(hidden)", kubeconfig: "(hidden)", colour: "red" } },
  ],
  [
    "of a pod all but tokens, as kubectl shows it",
    {
      kind: "Pod",
      metadata: { name: "p", managedFields: [{ manager: "m" }], annotations: { [APPLIED]: "{}" } },
      spec: {
        containers: [
          {
            env: [
              { name: "A", value: "b" },
              { name: "T", value: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJlLW9mLWl0" },
            ],
          },
        ],
      },
    },
    {
      kind: "Pod",
      metadata: { name: "p", annotations: { [APPLIED]: "{}" } },
      spec: {
        containers: [
          {
            env: [
              { name: "A", value: "b" },
              { name: "T", value: "(hidden)" },
            ],
          },
        ],
      },
    },
  ],
] as const) {
  test(`shown is ${what}`, () => {
    // The rows are written as constants.
    assert.deepEqual(withoutSecrets(structuredClone(object) as unknown as Parameters<typeof withoutSecrets>[0]), shown);
  });
}

test("a private key is hidden in base64, too", () => {
  const data = { key: Buffer.from(PRIVATE).toString("base64") };
  assert.deepEqual(withoutSecrets({ kind: "ConfigMap", data })["data"], { key: "(hidden)" });
});

test("what is nested too deeply is hidden", () => {
  let value: object = { secret: "x" };
  for (let i = 0; i < 500; i++) value = { value };
  assert.doesNotMatch(JSON.stringify(withoutSecrets({ kind: "Thing", value })), /secret/);
});

test("events of both clusters come newest first", () => {
  const event = (reason: string, lastTimestamp: string | null) => ({
    metadata: {},
    involvedObject: {},
    reason,
    ...(lastTimestamp && { lastTimestamp }),
  });
  const all = [
    { cluster: "milan", events: [event("Scheduled", "2026-01-01T00:00:01Z"), event("Unknown", null)] },
    { cluster: "rome", events: [event("Started", "2026-01-01T00:00:02Z")] },
  ];
  assert.deepEqual(
    objectEvents(all).map(({ cluster, reason, at }) => [cluster, reason, at]),
    [
      ["rome", "Started", Date.parse("2026-01-01T00:00:02Z")],
      ["milan", "Scheduled", Date.parse("2026-01-01T00:00:01Z")],
      ["milan", "Unknown", 0],
    ],
  );
});
