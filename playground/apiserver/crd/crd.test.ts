import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApiServer, type TestApiServer } from "../../testing.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["size"],
                properties: {
                  size: { type: "integer", minimum: 1 },
                  color: { type: "string", enum: ["red", "blue"], default: "red" },
                  fixed: {
                    type: "string",
                    "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "fixed is immutable" }],
                  },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  port: { "x-kubernetes-int-or-string": true },
                },
                "x-kubernetes-validations": [{ rule: "!has(self.port) || self.size < 10" }],
              },
              status: {
                type: "object",
                properties: {
                  conditions: {
                    type: "array",
                    items: { type: "object", properties: { type: { type: "string" }, status: { type: "string" } } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

let api: TestApiServer;
before(async () => {
  api = await startTestApiServer();
  assert.equal((await api.request("POST", CRDS, { body: crd })).code, 201);
});
after(() => api[Symbol.asyncDispose]());

const widget = (name: string, spec: object): object => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name },
  spec,
});

test("a definition is established and served when the answer is there", async () => {
  const { body } = await api.request("GET", `${CRDS}/widgets.example.com`);
  const conditions = body.status.conditions.map((c: { type: string; status: string }) => `${c.type}=${c.status}`);
  assert.deepEqual(conditions, ["NamesAccepted=True", "Established=True"]);
  assert.deepEqual(body.status.storedVersions, ["v1"]);
  assert.equal((await api.request("GET", WIDGETS)).body.kind, "WidgetList");
});

test("defaults are filled, unknown fields pruned, preserved ones kept", async () => {
  const spec = { size: 1, odd: true, free: { odd: true }, port: "http" };
  const { body, headers } = await api.request("POST", WIDGETS, { body: widget("pruned", spec) });
  assert.deepEqual(body.spec, { size: 1, free: { odd: true }, port: "http", color: "red" });
  assert.equal(headers.warning, '299 - "unknown field \\"spec.odd\\""');
});

test("invalid objects are refused in Kubernetes' words", async () => {
  // After errors of these kinds the rules are not looked at.
  const unchecked = (error: string): string =>
    `[${error}, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]`;
  const cases: [object, string][] = [
    [{}, unchecked("spec.size: Required value")],
    [{ size: 0 }, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"],
    [
      { size: "a" },
      unchecked('spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'),
    ],
    [{ size: 1, color: "green" }, unchecked('spec.color: Unsupported value: "green": supported values: "red", "blue"')],
    [{ size: 11, port: 1 }, 'spec: Invalid value: "object": failed rule: !has(self.port) || self.size < 10'],
  ];
  for (const [spec, message] of cases) {
    const { body } = await api.request("POST", WIDGETS, { body: widget("bad", spec) });
    assert.equal(body.message, `Widget.example.com "bad" is invalid: ${message}`);
  }
});

test("a transition rule compares with the old value", async () => {
  await api.request("POST", WIDGETS, { body: widget("fixed", { size: 1, fixed: "a" }) });
  const patch = { body: { spec: { fixed: "b" } }, contentType: "application/merge-patch+json" };
  const { body } = await api.request("PATCH", `${WIDGETS}/fixed`, patch);
  assert.equal(
    body.message,
    'Widget.example.com "fixed" is invalid: spec.fixed: Invalid value: "string": fixed is immutable',
  );
});

test("status is written by its subresource alone, and shown in the columns", async () => {
  const sent = { ...widget("status", { size: 1 }), status: { conditions: [{ type: "Ready", status: "False" }] } };
  assert.equal((await api.request("POST", WIDGETS, { body: sent })).body.status, undefined);
  const patch = {
    body: { status: { conditions: [{ type: "Ready", status: "True" }] } },
    contentType: "application/merge-patch+json",
  };
  assert.equal((await api.request("PATCH", `${WIDGETS}/status/status`, patch)).code, 200);
  const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const table = (await api.request("GET", `${WIDGETS}/status`, { headers })).body;
  assert.deepEqual(table.rows[0].cells, ["status", "True"]);
});

test("a strategic merge patch of a custom resource is an unsupported media type", async () => {
  await api.request("POST", WIDGETS, { body: widget("plain", { size: 1 }) });
  const patch = { body: {}, contentType: "application/strategic-merge-patch+json" };
  assert.equal((await api.request("PATCH", `${WIDGETS}/plain`, patch)).code, 415);
});

test("deleting a definition deletes its objects, held ones last", async () => {
  const other = structuredClone(crd);
  other.metadata.name = "gadgets.example.com";
  Object.assign(other.spec.names, { plural: "gadgets", kind: "Gadget", shortNames: [] });
  await api.request("POST", CRDS, { body: other });
  const gadgets = "/apis/example.com/v1/namespaces/default/gadgets";
  const gadget = {
    ...widget("held", { size: 1 }),
    kind: "Gadget",
    metadata: { name: "held", finalizers: ["example.com/a"] },
  };
  assert.equal((await api.request("POST", gadgets, { body: gadget })).code, 201);
  await api.request("DELETE", `${CRDS}/gadgets.example.com`);
  assert.notEqual((await api.request("GET", `${gadgets}/held`)).body.metadata.deletionTimestamp, undefined);
  const release = { body: { metadata: { finalizers: null } }, contentType: "application/merge-patch+json" };
  await api.request("PATCH", `${gadgets}/held`, release);
  assert.equal((await api.request("GET", `${CRDS}/gadgets.example.com`)).code, 404);
  assert.equal((await api.request("GET", gadgets)).code, 404);
});
