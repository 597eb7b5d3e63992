import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApiServer } from "../../../testing.ts";

const CORE = "/api/v1/namespaces/default/events";
const VIEW = "/apis/events.k8s.io/v1/namespaces/default/events";

test("an event written in one group is read, changed and deleted in the other", async () => {
  await using api = await startTestApiServer();
  const body = {
    metadata: { name: "e" },
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "tester",
    reportingInstance: "tester-0",
    action: "Testing",
    reason: "Tested",
    note: "as it should be",
    type: "Normal",
    regarding: { kind: "Pod", namespace: "default", name: "p" },
  };
  assert.equal((await api.request("POST", VIEW, { body })).code, 201);
  const stored = (await api.request("GET", `${CORE}/e`)).body;
  assert.deepEqual(
    [stored.apiVersion, stored.kind, stored.message, stored.involvedObject, stored.reportingComponent, stored.note],
    ["v1", "Event", "as it should be", body.regarding, "tester", undefined],
  );
  const patched = await api.request("PATCH", `${CORE}/e`, {
    body: { count: 2, message: "again" },
    contentType: "application/merge-patch+json",
  });
  assert.equal(patched.code, 200);
  const seen = (await api.request("GET", `${VIEW}?fieldSelector=regarding.name%3Dp`)).body;
  assert.deepEqual([seen.apiVersion, seen.kind], ["events.k8s.io/v1", "EventList"]);
  assert.deepEqual(
    seen.items.map((event: Record<string, unknown>) => [event["apiVersion"], event["note"], event["deprecatedCount"]]),
    [[undefined, "again", 2]],
  );
  assert.equal((await api.request("DELETE", `${VIEW}/e`)).code, 200);
  assert.equal((await api.request("GET", `${CORE}/e`)).code, 404);
});

test("an event of the newer group says when, by whom and why", async () => {
  await using api = await startTestApiServer();
  const { code, body } = await api.request("POST", VIEW, { body: { metadata: { name: "e" }, type: "Odd" } });
  assert.equal(code, 422);
  assert.deepEqual(
    body.details.causes.map(({ field }: { field: string }) => field),
    ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type"],
  );
});
