import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTestApiServer, type TestApiServer, type TestBody } from "../testing.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const folder = mkdtempSync(join(tmpdir(), "audit-"));
const file = join(folder, "audit.log");

let api: TestApiServer;
before(async () => {
  api = await startTestApiServer({
    auditLog: file,
    parts: () => ({
      authorizer: { authorize: ({ verb }) => ({ allowed: verb !== "delete", reason: "no role" }) },
    }),
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function logged(uri: string): Promise<TestBody[]> {
  // An answer may reach the client before the server sees that it is sent; not so once another has been asked for.
  await api.request("GET", "/version");
  const events = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): TestBody => JSON.parse(line));
  return events.filter(({ requestURI }) => requestURI === uri);
}

test("a request is logged with user, object, decision and code", async () => {
  await api.request("POST", `${CONFIG_MAPS}?fieldManager=test`, { body: { metadata: { name: "one" } } });
  const [event] = await logged(`${CONFIG_MAPS}?fieldManager=test`);
  const { kind, apiVersion, level, stage, verb, user, objectRef, responseStatus, annotations } = event;
  assert.deepEqual([kind, apiVersion, level, stage], ["Event", "audit.k8s.io/v1", "Metadata", "ResponseComplete"]);
  assert.equal(verb, "create");
  assert.equal(user.username, "admin");
  assert.deepEqual(objectRef, { resource: "configmaps", namespace: "default", apiVersion: "v1" });
  assert.equal(responseStatus.code, 201);
  assert.equal(annotations["authorization.k8s.io/decision"], "allow");
});

test("a refused request is logged with the authorizer's reason", async () => {
  await api.request("DELETE", `${CONFIG_MAPS}/one`);
  const [event] = await logged(`${CONFIG_MAPS}/one`);
  assert.equal(event.responseStatus.code, 403);
  assert.deepEqual(event.annotations, {
    "authorization.k8s.io/decision": "forbid",
    "authorization.k8s.io/reason": "no role",
  });
});

test("a watch is logged when it starts and when it ends", async () => {
  const uri = `${CONFIG_MAPS}?watch=true&timeoutSeconds=1`;
  await api.request("GET", uri);
  assert.deepEqual(
    (await logged(uri)).map(({ verb, stage }) => [verb, stage]),
    [
      ["watch", "ResponseStarted"],
      ["watch", "ResponseComplete"],
    ],
  );
});
