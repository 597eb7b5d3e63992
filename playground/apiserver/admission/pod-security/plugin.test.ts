import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import { startTestApiServer, type TestApiServer, type TestResponse } from "#playground/testing.ts";
import { ephemeralContainers } from "../../subresources/views.ts";
import { podSecurity } from "./plugin.ts";

const NAMESPACES = "/api/v1/namespaces";
const PODS = `${NAMESPACES}/safe/pods`;
const MERGE = "application/merge-patch+json";
const LABEL = "pod-security.kubernetes.io/";

async function start(levels: Readonly<Record<string, string>>, auditLog?: string): Promise<TestApiServer> {
  const api = await startTestApiServer({
    ...(auditLog !== undefined && { auditLog }),
    parts: ({ reader }) => ({ admission: [podSecurity(reader, systemClock)], connectors: [ephemeralContainers] }),
  });
  const labels = Object.fromEntries(Object.entries(levels).map(([mode, level]) => [LABEL + mode, level]));
  const made = await api.request("POST", NAMESPACES, { body: { metadata: { name: "safe", labels } } });
  assert.equal(made.code, 201, made.text);
  return api;
}

function pod(name: string, spec: object = {}, container: object = {}): object {
  return { metadata: { name }, spec: { containers: [{ name: "c", image: "i", ...container }], ...spec } };
}

function warningsOf({ headers }: TestResponse): string {
  return String(headers["warning"] ?? "").replaceAll("\\", "");
}

test("a pod that violates the level of its namespace is refused in Kubernetes' words", async () => {
  await using api = await start({ enforce: "baseline" });
  const bad = pod("x", { hostNetwork: true }, { securityContext: { privileged: true } });
  const answer = await api.request("POST", PODS, { body: bad });
  assert.equal(answer.code, 403);
  assert.equal(
    answer.body.message,
    'pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
  );
  assert.equal(answer.body.reason, "Forbidden");
  assert.equal((await api.request("POST", PODS, { body: pod("y") })).code, 201);
  const elsewhere = await api.request("POST", `${NAMESPACES}/default/pods`, { body: bad });
  assert.equal(elsewhere.code, 201, "a namespace without labels is privileged");
});

test("pods and templates of pods are warned about", async () => {
  await using api = await start({ warn: "restricted" });
  const made = await api.request("POST", PODS, { body: pod("x") });
  assert.equal(made.code, 201);
  assert.match(
    warningsOf(made),
    /299 - "would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
  );
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const selector = { matchLabels: { a: "b" } };
  const job = { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } };
  for (const [path, spec] of [
    ["/apis/apps/v1/namespaces/safe/deployments", { selector, template }],
    ["/apis/apps/v1/namespaces/safe/daemonsets", { selector, template }],
    ["/apis/apps/v1/namespaces/safe/statefulsets", { selector, template, serviceName: "s" }],
    ["/apis/batch/v1/namespaces/safe/jobs", job],
    ["/apis/batch/v1/namespaces/safe/cronjobs", { schedule: "* * * * *", jobTemplate: { spec: job } }],
  ] as const) {
    const answer = await api.request("POST", path, { body: { metadata: { name: "w" }, spec } });
    assert.equal(answer.code, 201, answer.text);
    assert.match(warningsOf(answer), /would violate PodSecurity "restricted:latest"/, path);
  }
});

test("templates are not refused, and warned about by the enforced level", async () => {
  await using api = await start({ enforce: "baseline" });
  const template = {
    metadata: { labels: { a: "b" } },
    spec: { hostPID: true, containers: [{ name: "c", image: "i" }] },
  };
  const body = { metadata: { name: "w" }, spec: { selector: { matchLabels: { a: "b" } }, template } };
  const answer = await api.request("POST", "/apis/apps/v1/namespaces/safe/deployments", { body });
  assert.equal(answer.code, 201);
  assert.match(warningsOf(answer), /would violate PodSecurity "baseline:latest": host namespaces \(hostPID=true\)/);
});

test("what changes nothing that matters in a pod is allowed, another image and a debugging container are looked at", async () => {
  await using api = await start({});
  await api.request("POST", PODS, { body: pod("x", { hostPID: true }) });
  const label = { metadata: { labels: { [`${LABEL}enforce`]: "baseline" } } };
  await api.request("PATCH", `${NAMESPACES}/safe`, { body: label, contentType: MERGE });
  const labelled = await api.request("PATCH", `${PODS}/x`, {
    body: { metadata: { labels: { a: "b" } } },
    contentType: MERGE,
  });
  assert.equal(labelled.code, 200, labelled.text);
  const image = { spec: { containers: [{ name: "c", image: "other" }] } };
  const strategic = "application/strategic-merge-patch+json";
  const changed = await api.request("PATCH", `${PODS}/x`, { body: image, contentType: strategic });
  assert.equal(changed.code, 403, changed.text);
  const debug = { spec: { ephemeralContainers: [{ name: "e", image: "i" }] } };
  const added = await api.request("PATCH", `${PODS}/x/ephemeralcontainers`, { body: debug, contentType: strategic });
  assert.equal(added.code, 403, added.text);
});

test("labels that say nothing valid are refused, and who tightens a level hears of the pods that violate it", async () => {
  await using api = await start({});
  const wrong = { metadata: { name: "wrong", labels: { [`${LABEL}enforce`]: "strict" } } };
  const refused = await api.request("POST", NAMESPACES, { body: wrong });
  assert.equal(refused.code, 422);
  assert.equal(
    refused.body.message,
    'Namespace "wrong" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  );
  await api.request("POST", PODS, { body: pod("x", { hostPID: true }) });
  await api.request("POST", PODS, { body: pod("y", { hostPID: true }) });
  const tighten = (level: string): Promise<TestResponse> =>
    api.request("PATCH", `${NAMESPACES}/safe`, {
      body: { metadata: { labels: { [`${LABEL}enforce`]: level } } },
      contentType: MERGE,
    });
  const answer = await tighten("baseline");
  assert.equal(answer.code, 200);
  assert.equal(
    warningsOf(answer),
    '299 - "existing pods in namespace "safe" violate the new PodSecurity enforce level "baseline:latest"", 299 - "x (and 1 other pod): host namespaces"',
  );
  assert.equal(warningsOf(await tighten("privileged")), "", "a level that is relaxed needs no warning");
});

test("the audit log says what was enforced and what would have been violated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  const log = join(folder, "audit.log");
  {
    await using api = await start({ enforce: "baseline", audit: "restricted", warn: "privileged" }, log);
    await api.request("POST", PODS, { body: pod("x") });
    await api.request("POST", PODS, { body: pod("y", { hostPID: true }) });
  }
  const events = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [, fine, refused] = events.map(({ annotations }) => annotations);
  assert.equal(fine[`${LABEL}enforce-policy`], "baseline:latest");
  assert.match(fine[`${LABEL}audit-violations`], /^would violate PodSecurity "restricted:latest": allowPrivilege/);
  assert.match(refused[`${LABEL}audit-violations`], /^would violate PodSecurity "restricted:latest": host namespaces/);
  rmSync(folder, { recursive: true });
});
