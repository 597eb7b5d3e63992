import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApiServer } from "#playground/testing.ts";
import type { AdmissionPlugin } from "../request.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";
const SERVICES = "/api/v1/namespaces/default/services";
const PODS = "/api/v1/namespaces/default/pods";

const phase = { type: "string", enum: ["Ready", "Failed"] };
const openAPIV3Schema = {
  type: "object",
  properties: { status: { type: "object", required: ["phase"], properties: { phase } } },
};
const crd = {
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema } }],
  },
};

/** As a defaulting webhook written in Go, which marshals the whole struct. */
const wholeStruct: AdmissionPlugin = {
  name: "WholeStruct",
  handles: ({ operation, resource }) => operation === "CREATE" && resource.plural === "widgets",
  admit: async (_ctx, { object }) => {
    if (object !== undefined) Object.assign(object, { status: { phase: "" } });
  },
};

test("a status that admission adds to a new object is dropped", async () => {
  await using api = await startTestApiServer({ parts: () => ({ admission: [wholeStruct] }) });
  assert.equal((await api.request("POST", CRDS, { body: crd })).code, 201);
  const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
  const made = await api.request("POST", WIDGETS, { body });
  assert.equal(made.code, 201, made.text);
  assert.equal(made.body.status, undefined);
});

/** As a webhook that writes more than the definition knows. */
const tooMuch: AdmissionPlugin = {
  name: "TooMuch",
  handles: ({ operation, resource }) => operation === "CREATE" && resource.plural === "widgets",
  admit: async (_ctx, { object }) => {
    if (object !== undefined) Object.assign(object, { unknown: "field" });
  },
};

test("a field that admission adds and the definition does not know is pruned", async () => {
  await using api = await startTestApiServer({ parts: () => ({ admission: [tooMuch] }) });
  assert.equal((await api.request("POST", CRDS, { body: crd })).code, 201);
  const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
  const made = await api.request("POST", WIDGETS, { body });
  assert.equal(made.code, 201, made.text);
  assert.equal(made.body["unknown"], undefined);
});

test("an empty text, or a port of zero, is no choice", async () => {
  await using api = await startTestApiServer();
  const port = { port: 80, protocol: "", nodePort: 0, targetPort: 0 };
  const unset = { type: "", sessionAffinity: "", externalTrafficPolicy: "" };
  const made = await api.request("POST", SERVICES, {
    body: { metadata: { name: "w" }, spec: { ...unset, ports: [port] } },
  });
  assert.equal(made.code, 201, made.text);
  const { type, sessionAffinity, externalTrafficPolicy, ports } = made.body.spec;
  assert.deepEqual([type, sessionAffinity, externalTrafficPolicy], ["ClusterIP", "None", undefined]);
  assert.deepEqual(ports, [{ port: 80, protocol: "TCP", targetPort: 80 }]);
  const outside = { type: "NodePort", externalTrafficPolicy: "", ports: [{ port: 80 }] };
  const open = await api.request("POST", SERVICES, { body: { metadata: { name: "o" }, spec: outside } });
  assert.equal(open.body.spec.externalTrafficPolicy, "Cluster");
  const container = { name: "c", image: "nginx", terminationMessagePolicy: "", imagePullPolicy: "" };
  const spec = { restartPolicy: "", dnsPolicy: "", containers: [container] };
  const pod = await api.request("POST", PODS, { body: { metadata: { name: "p" }, spec } });
  assert.equal(pod.code, 201, pod.text);
  assert.deepEqual([pod.body.spec.restartPolicy, pod.body.spec.dnsPolicy], ["Always", "ClusterFirst"]);
  assert.equal(pod.body.spec.containers[0].imagePullPolicy, "Always");
});

test("affinity that is turned off takes its time-out along", async () => {
  await using api = await startTestApiServer();
  const body = { metadata: { name: "w" }, spec: { sessionAffinity: "ClientIP", ports: [{ port: 80 }] } };
  assert.equal((await api.request("POST", SERVICES, { body })).code, 201);
  const off = { spec: { sessionAffinity: "None" } };
  const contentType = "application/merge-patch+json";
  const patched = await api.request("PATCH", `${SERVICES}/w`, { body: off, contentType });
  assert.equal(patched.code, 200, patched.text);
  assert.equal(patched.body.spec.sessionAffinityConfig, undefined);
});

test("a lifecycle hook asks over HTTP where it does not say how", async () => {
  await using api = await startTestApiServer();
  const lifecycle = { preStop: { httpGet: { port: 8080 } }, postStart: { httpGet: { port: 8080, path: "/up" } } };
  const spec = { containers: [{ name: "c", image: "nginx", lifecycle }] };
  const made = await api.request("POST", PODS, { body: { metadata: { name: "p" }, spec } });
  assert.equal(made.code, 201, made.text);
  const { preStop, postStart } = made.body.spec.containers[0].lifecycle;
  assert.deepEqual([preStop.httpGet.scheme, preStop.httpGet.path], ["HTTP", "/"]);
  assert.deepEqual([postStart.httpGet.scheme, postStart.httpGet.path], ["HTTP", "/up"]);
});
