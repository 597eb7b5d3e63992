/** Bodies that break things: the answer says what is wrong with them, in time, and is never an error of the server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApiServer, type TestApiServer, type TestResponse } from "../../testing.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const MAPS = `${NAMESPACE}/configmaps`;
const PODS = `${NAMESPACE}/pods`;
/** Of the processor by this thread, which is client and server, whatever else the machine does. */
const HOSTILE_MS = 10_000;
let server: TestApiServer;
before(async () => {
  server = await startTestApiServer();
});
after(() => server[Symbol.asyncDispose]());

function map(rest: object): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "map-" }, ...rest };
}

function keys(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, ""]));
}

const DEEP = "[".repeat(20_000);
const BOMB = `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghij"]
  .map((name, i) => `${name}: &${name} [${`*${"abcdefghij"[i]},`.repeat(9)}]\n`)
  .join("")}`;

for (const { name, path = MAPS, body, type, code, says } of [
  {
    name: "JSON nested 20,000 deep",
    body: `{"a":${DEEP}${"]".repeat(20_000)}}`,
    code: 400,
    says: /exceeded max depth/,
  },
  { name: "JSON nested 20,000 deep and cut", body: `{"a":${DEEP}`, code: 400, says: /exceeded max depth/ },
  {
    name: "YAML nested 20,000 deep",
    body: DEEP,
    type: "application/yaml",
    code: 400,
    says: /exceeded max depth of 250/,
  },
  { name: "a YAML alias bomb", body: BOMB, type: "application/yaml", code: 400, says: /excessive aliasing/ },
  {
    name: "an endless YAML list",
    body: `[${"a,".repeat(500_000)}]`,
    type: "application/yaml",
    code: 400,
    says: /more than 500000 tokens/,
  },
  {
    name: "20,000 YAML keys",
    body: `metadata: {name: keys}\ndata:\n${Array.from({ length: 20_000 }, (_, i) => `  k${i}: v\n`).join("")}`,
    type: "application/yaml",
    code: 201,
    says: /k19999/,
  },
  { name: "75,000 JSON keys", body: map({ data: keys(75_000) }), code: 201, says: /k74999/ },
  { name: "100,000 unknown fields", body: map(keys(100_000)), code: 201, says: /map-/ },
  {
    name: "an owner that is null",
    body: map({ metadata: { name: "a", ownerReferences: [null] } }),
    code: 422,
    says: /metadata.ownerReferences.*must not be empty/,
  },
  {
    name: "containers that are null",
    path: PODS,
    body: { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [null, null] } },
    code: 422,
    says: /spec.containers\[0\].name: Required value/,
  },
  {
    name: "a label that is null",
    body: map({ metadata: { name: "null-label", labels: { a: null } } }),
    code: 201,
    says: /"labels":{"a":""}/,
  },
  { name: "a quantity of a million nines", path: PODS, body: podAsking("9".repeat(1_000_000)), code: 201, says: /999/ },
  {
    name: "a quantity that is none",
    path: PODS,
    body: podAsking("1e3Ki"),
    code: 400,
    says: /quantities must match the regular expression/,
  },
  {
    name: "a unit that is none",
    path: PODS,
    body: podAsking("1ki"),
    code: 400,
    says: /unable to parse quantity's suffix/,
  },
  { name: "an empty body", body: "", code: 400, says: /unexpected end of JSON input/ },
]) {
  test(`${name}: ${code}`, async () => {
    const start = processorMs();
    const answer = await post(path, body, type);
    assert.equal(answer.code, code, answer.text.slice(0, 300));
    assert.match(answer.text, says);
    assert.ok(processorMs() - start < HOSTILE_MS);
  });
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function podAsking(cpu: string): object {
  const container = { name: "c", image: "i", resources: { requests: { cpu } } };
  return { apiVersion: "v1", kind: "Pod", metadata: { generateName: "p-" }, spec: { containers: [container] } };
}

function post(path: string, body: unknown, contentType = "application/json"): Promise<TestResponse> {
  return server.request("POST", path, { body, contentType });
}

test("thirty thousand wrong labels are refused in one answer", async () => {
  const labels = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`-${i}`, ""]));
  const start = processorMs();
  const answer = await post(MAPS, map({ metadata: { name: "labels", labels } }));
  assert.equal(answer.code, 422);
  assert.ok(processorMs() - start < HOSTILE_MS);
});

test("of many unknown fields a hundred are named when strict, and what fits into headers otherwise", async () => {
  const strict = await server.request("POST", `${MAPS}?fieldValidation=Strict`, { body: map(keys(1_000)) });
  assert.equal(strict.code, 400);
  assert.equal(strict.text.match(/unknown field/g)?.length, 100);
  const warned = await post(MAPS, map(keys(20_000)));
  assert.equal(warned.code, 201);
  assert.ok(String(warned.headers["warning"]).length < 8_000);
});

test("a YAML key given twice is a warning or, when strict, an error", async () => {
  const body = "metadata:\n  name: twice\ndata:\n  a: one\n  a: two\n";
  const strict = await server.request("POST", `${MAPS}?fieldValidation=Strict`, {
    body,
    contentType: "application/yaml",
  });
  assert.equal(strict.code, 400);
  assert.match(
    strict.body.message,
    /strict decoding error: yaml: unmarshal errors:\n {2}line 5: key "a" already set in map$/,
  );
  assert.equal((await post(MAPS, body, "application/yaml")).body.data.a, "two");
});

test("a custom resource is applied with its kind or not at all", async () => {
  const schema = { openAPIV3Schema: { type: "object" } };
  const body = {
    metadata: { name: "as.b.c" },
    spec: {
      group: "b.c",
      scope: "Cluster",
      names: { plural: "as", kind: "A" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  assert.equal((await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)).code, 201);
  const applied = { apiVersion: null, kind: "A", metadata: { name: "x" } };
  const contentType = "application/apply-patch+yaml";
  const answer = await server.request("PATCH", "/apis/b.c/v1/as/x?fieldManager=test", { body: applied, contentType });
  assert.equal(answer.code, 400, answer.text);
});

test("applying 40,000 keys costs what it must", async () => {
  const body = map({ metadata: { name: "applied" }, data: keys(40_000) });
  const start = processorMs();
  const contentType = "application/apply-patch+yaml";
  const answer = await server.request("PATCH", `${MAPS}/applied?fieldManager=test`, { body, contentType });
  assert.equal(answer.code, 201);
  assert.ok(processorMs() - start < HOSTILE_MS);
});
