import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApiServer } from "#playground/testing.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

const definition = (size: object) => ({
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { size } } } },
        },
      },
    ],
  },
});

test("an object that is older than a default has it when it is read", async () => {
  await using api = await startTestApiServer();
  await api.request("POST", CRDS, { body: definition({ type: "integer" }) });
  const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: {} };
  assert.equal((await api.request("POST", WIDGETS, { body })).code, 201);
  const { versions } = definition({ type: "integer", default: 3 }).spec;
  const contentType = "application/merge-patch+json";
  const patched = await api.request("PATCH", `${CRDS}/widgets.example.com`, {
    body: { spec: { versions } },
    contentType,
  });
  assert.equal(patched.code, 200, patched.text);
  const read = await api.request("GET", `${WIDGETS}/w`);
  assert.deepEqual(read.body.spec, { size: 3 });
  const list = await api.request("GET", WIDGETS);
  assert.deepEqual(list.body.items[0].spec, { size: 3 });
});
