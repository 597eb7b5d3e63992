import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { decodeEnvelope, decodeMessage } from "#machinery/schema/protobuf.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { crdWire } from "./wire.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const recorded = parse(readFileSync(new URL("./testdata/protobuf.yaml", import.meta.url), "utf8")) as {
  protobuf: string;
  json: string;
};
const body = Buffer.from(recorded.protobuf.replaceAll(" ", ""), "base64");
const text = { type: "string" } as const;
const metadata = {
  type: "object",
  wire: { 1: { name: "name" }, 11: { name: "labels" } },
  properties: { name: text, labels: { type: "object", additionalProperties: text } },
} as const;

test("a definition that Go has encoded is the one that Go writes as JSON", () => {
  const { apiVersion, kind, raw } = decodeEnvelope(body);
  const { status: _status, ...expected } = JSON.parse(recorded.json);
  delete expected.metadata.creationTimestamp;
  const { status: _empty, ...decoded } = decodeMessage(raw, crdWire(metadata));
  assert.deepEqual({ apiVersion, kind, ...decoded }, expected);
});

test("a definition may be created as protobuf, and is served", async () => {
  await using api = await startTestApiServer();
  const created = await api.request("POST", CRDS, { body, contentType: "application/vnd.kubernetes.protobuf" });
  assert.equal(created.code, 201, created.text);
  const object = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, size: 1 };
  const made = await api.request("POST", "/apis/example.com/v1/namespaces/default/widgets", { body: object });
  assert.equal(made.code, 201, made.text);
});
