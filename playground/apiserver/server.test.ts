import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTestApiServer, type TestApiServer } from "../testing.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

let api: TestApiServer;
before(async () => {
  api = await startTestApiServer();
});
after(() => api[Symbol.asyncDispose]());

const configMap = (name: string, more: object = {}): object => ({ metadata: { name, ...more }, data: { a: "1" } });

const deployment = (name: string): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "nginx:1", ports: [{ containerPort: 80 }] }] },
    },
  },
});

test("a created object carries what the server decides", async () => {
  const { code, body } = await api.request("POST", CONFIG_MAPS, { body: configMap("created") });
  assert.equal(code, 201);
  assert.equal(body.kind, "ConfigMap");
  assert.equal(body.apiVersion, "v1");
  assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.match(body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual((await api.request("GET", `${CONFIG_MAPS}/created`)).body, body);
});

test("refusals are Kubernetes' own Status objects", async () => {
  await api.request("POST", CONFIG_MAPS, { body: configMap("taken") });
  const cases: [string, string, object | undefined, number, string, string][] = [
    ["POST", CONFIG_MAPS, configMap("taken"), 409, "AlreadyExists", 'configmaps "taken" already exists'],
    ["GET", `${CONFIG_MAPS}/none`, undefined, 404, "NotFound", 'configmaps "none" not found'],
    ["GET", "/apis/apps/v9/things", undefined, 404, "NotFound", "the server could not find the requested resource"],
    [
      "PUT",
      CONFIG_MAPS,
      configMap("x"),
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
    ],
    [
      "PUT",
      `${CONFIG_MAPS}/taken`,
      configMap("taken", { resourceVersion: "1" }),
      409,
      "Conflict",
      'Operation cannot be fulfilled on configmaps "taken": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      "PUT",
      `${CONFIG_MAPS}/taken`,
      configMap("other"),
      400,
      "BadRequest",
      "the name of the object (other) does not match the name on the URL (taken)",
    ],
    [
      "POST",
      CONFIG_MAPS,
      configMap("x", { namespace: "elsewhere" }),
      400,
      "BadRequest",
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    [
      "POST",
      CONFIG_MAPS,
      { data: {} },
      422,
      "Invalid",
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      "POST",
      `${DEPLOYMENTS}?fieldValidation=Strict`,
      { ...deployment("strict"), extra: 1 },
      400,
      "BadRequest",
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "extra"',
    ],
    [
      "POST",
      DEPLOYMENTS,
      { metadata: { name: "x" }, spec: { replicas: "many" } },
      400,
      "BadRequest",
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
  ];
  for (const [method, path, sent, code, reason, message] of cases) {
    const { body } = await api.request(method, path, sent === undefined ? {} : { body: sent });
    assert.deepEqual(
      [body.kind, body.status, body.code, body.reason, body.message],
      ["Status", "Failure", code, reason, message],
    );
  }
});

test("what belongs to no API is answered as text", async () => {
  for (const path of ["/apis/none/v1/things", "/apis/none", "/none"]) {
    const { code, text } = await api.request("GET", path);
    assert.deepEqual([code, text], [404, "404 page not found\n"]);
  }
});

test("unknown and duplicate fields become warnings unless the client is strict", async () => {
  const text = '{"metadata":{"name":"warned"},"data":{"a":"1"},"data":{"a":"2"},"dta":{}}';
  const { code, headers, body } = await api.request("POST", CONFIG_MAPS, { body: text });
  assert.equal(code, 201);
  assert.equal(body.dta, undefined);
  assert.equal(headers.warning, '299 - "duplicate field \\"data\\"", 299 - "unknown field \\"dta\\""');
});

test("an update that changes nothing keeps the resource version", async () => {
  const created = (await api.request("POST", CONFIG_MAPS, { body: configMap("same") })).body;
  const updated = (await api.request("PUT", `${CONFIG_MAPS}/same`, { body: created })).body;
  assert.equal(updated.metadata.resourceVersion, created.metadata.resourceVersion);
});

test("the generation counts changes of the spec, not of metadata or status", async () => {
  await api.request("POST", DEPLOYMENTS, { body: deployment("counted") });
  const patch = async (path: string, body: object): Promise<number> =>
    (await api.request("PATCH", `${DEPLOYMENTS}/${path}`, { body, contentType: "application/merge-patch+json" })).body
      .metadata.generation;
  assert.equal(await patch("counted", { metadata: { labels: { a: "b" } } }), 1);
  assert.equal(await patch("counted/status", { status: { replicas: 3 }, spec: { replicas: 9 } }), 1);
  assert.equal(await patch("counted", { spec: { replicas: 2 } }), 2);
  const { body } = await api.request("GET", `${DEPLOYMENTS}/counted`);
  assert.deepEqual([body.spec.replicas, body.status.replicas], [2, 3]);
});

test("dry run answers as if it had written, and does not", async () => {
  assert.equal((await api.request("POST", `${CONFIG_MAPS}?dryRun=All`, { body: configMap("dry") })).code, 201);
  assert.equal((await api.request("GET", `${CONFIG_MAPS}/dry`)).code, 404);
});

test("an object with finalizers is marked, and goes with the last of them", async () => {
  await api.request("POST", CONFIG_MAPS, { body: configMap("held", { finalizers: ["example.com/a"] }) });
  const marked = (await api.request("DELETE", `${CONFIG_MAPS}/held`)).body;
  assert.equal(marked.kind, "ConfigMap");
  assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
  const release = { body: { metadata: { finalizers: null } }, contentType: "application/merge-patch+json" };
  assert.equal((await api.request("PATCH", `${CONFIG_MAPS}/held`, release)).code, 200);
  assert.equal((await api.request("GET", `${CONFIG_MAPS}/held`)).code, 404);
});

test("a deletion holds only for the uid it names", async () => {
  const { uid } = (await api.request("POST", CONFIG_MAPS, { body: configMap("guarded") })).body.metadata;
  const remove = (wanted: string) =>
    api.request("DELETE", `${CONFIG_MAPS}/guarded`, { body: { preconditions: { uid: wanted } } });
  assert.equal((await remove("other")).code, 409);
  const { body } = await remove(uid);
  assert.deepEqual([body.status, body.details], ["Success", { name: "guarded", kind: "configmaps", uid }]);
});

test("pages of a list show one moment", async () => {
  const pods = "/api/v1/namespaces/kube-system/configmaps";
  for (const name of ["a", "b", "c"]) await api.request("POST", pods, { body: configMap(name) });
  const first = (await api.request("GET", `${pods}?limit=2`)).body;
  await api.request("DELETE", `${pods}/c`);
  await api.request("POST", pods, { body: configMap("d") });
  const second = (await api.request("GET", `${pods}?limit=2&continue=${first.metadata.continue}`)).body;
  const names = [...first.items, ...second.items].map((item: { metadata: { name: string } }) => item.metadata.name);
  assert.deepEqual(names, ["a", "b", "c"]);
  assert.equal(first.metadata.remainingItemCount, 1);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
});

test("a watch follows a selector into and out of it", async () => {
  const label = (name: string, value: string | null) =>
    api.request("PATCH", `${CONFIG_MAPS}/${name}`, {
      body: { metadata: { labels: { watched: value } } },
      contentType: "application/merge-patch+json",
    });
  const { resourceVersion } = (await api.request("POST", CONFIG_MAPS, { body: configMap("seen") })).body.metadata;
  await label("seen", "yes");
  await label("seen", null);
  await label("seen", "yes");
  await api.request("DELETE", `${CONFIG_MAPS}/seen`);
  const query = `watch=1&resourceVersion=${resourceVersion}&labelSelector=watched%3Dyes&timeoutSeconds=1`;
  const { text } = await api.request("GET", `${CONFIG_MAPS}?${query}`);
  const types = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  assert.deepEqual(types, ["ADDED", "DELETED", "ADDED", "DELETED"]);
});

test("a streaming list ends with a marked bookmark", async () => {
  const query =
    "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
  const { text } = await api.request("GET", `/api/v1/namespaces?${query}`);
  const frames = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    frames.slice(0, 3).map((frame) => frame.type),
    ["ADDED", "ADDED", "BOOKMARK"],
  );
  assert.deepEqual(frames[2].object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
});

test("applying a field that another manager changed is a conflict unless forced", async () => {
  const path = `${DEPLOYMENTS}/applied`;
  const apply = (manager: string, replicas: number, more = "") =>
    api.request("PATCH", `${path}?fieldManager=${manager}${more}`, {
      body: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "applied" }, spec: { replicas } },
      contentType: "application/apply-patch+yaml",
    });
  const first = { ...deployment("applied") };
  const options = { body: first, contentType: "application/apply-patch+yaml" };
  assert.equal((await api.request("PATCH", `${path}?fieldManager=one`, options)).code, 201);
  const refused = (await apply("two", 5)).body;
  assert.equal(refused.code, 409);
  assert.equal(refused.message, 'Apply failed with 1 conflict: conflict with "one": .spec.replicas');
  assert.deepEqual(refused.details.causes, [
    { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".spec.replicas" },
  ]);
  assert.equal((await apply("two", 5, "&force=true")).body.spec.replicas, 5);
});

test("tables and bare metadata are served on request", async () => {
  await api.request("POST", CONFIG_MAPS, { body: configMap("shown") });
  const accept = (as: string) => ({
    headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io,application/json` },
  });
  const table = (await api.request("GET", `${CONFIG_MAPS}/shown`, accept("Table"))).body;
  assert.deepEqual([table.kind, table.rows.length, table.rows[0].cells[0]], ["Table", 1, "shown"]);
  assert.equal(table.rows[0].object.kind, "PartialObjectMetadata");
  const partial = (await api.request("GET", CONFIG_MAPS, accept("PartialObjectMetadataList"))).body;
  assert.equal(partial.kind, "PartialObjectMetadataList");
  assert.equal(partial.items[0].data, undefined);
});

test("scale is read and written in its own form", async () => {
  await api.request("POST", DEPLOYMENTS, { body: deployment("scaled") });
  const scale = (await api.request("GET", `${DEPLOYMENTS}/scaled/scale`)).body;
  assert.deepEqual([scale.kind, scale.spec.replicas, scale.status.selector], ["Scale", 1, "app=scaled"]);
  await api.request("PUT", `${DEPLOYMENTS}/scaled/scale`, { body: { ...scale, spec: { replicas: 4 } } });
  assert.equal((await api.request("GET", `${DEPLOYMENTS}/scaled`)).body.spec.replicas, 4);
});

test("state and revision survive a restart", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "apiserver-restart-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const first = await startTestApiServer({ directory });
  const created = (await first.request("POST", CONFIG_MAPS, { body: configMap("kept") })).body;
  await first[Symbol.asyncDispose]();
  await using second = await startTestApiServer({ directory });
  assert.deepEqual((await second.request("GET", `${CONFIG_MAPS}/kept`)).body, created);
  const old = await second.request("GET", `${CONFIG_MAPS}?watch=1&resourceVersion=1&timeoutSeconds=1`);
  const frame = JSON.parse(old.text);
  assert.deepEqual([frame.type, frame.object.code, frame.object.reason], ["ERROR", 410, "Expired"]);
  assert.match(frame.object.message, /^too old resource version: 1 \(\d+\)$/);
});

test("a body cannot reach the prototype of the server's objects", async () => {
  await api.request("POST", CONFIG_MAPS, { body: configMap("proto") });
  for (const contentType of ["application/merge-patch+json", "application/apply-patch+yaml"]) {
    for (const body of ['{"__proto__":{"polluted":"yes"}}', '{"\\u005f_proto__":{"polluted":"yes"}}']) {
      const { code } = await api.request("PATCH", `${CONFIG_MAPS}/proto?fieldManager=x`, { body, contentType });
      assert.equal(code, 400);
    }
  }
  assert.equal("polluted" in {}, false);
  const quoted = { ...configMap("quoted"), data: { script: "x.__proto__" } };
  assert.equal((await api.request("POST", CONFIG_MAPS, { body: quoted })).code, 201);
});
