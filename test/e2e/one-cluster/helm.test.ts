/** Real helm on the engine: a chart made by `helm create`, with a hook, through its whole life. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

const HOOK = `
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-before"
  annotations: {"helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: hook, image: busybox, command: [sh, -c, "echo revision {{ .Release.Revision }}"]}]
`;
const WAIT = ["--wait", "--timeout", "60s"];

describe("helm", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  const folder = mkdtempSync(join(tmpdir(), "liqo-e2e-chart-"));
  const chart = join(folder, "shop");
  before(async () => {
    cluster = await takeCluster();
    await helm("create", chart);
    writeFileSync(join(chart, "templates/hook.yaml"), HOOK);
    // The Gateway API is not part of Kubernetes.
    const values = readFileSync(join(chart, "values.yaml"), "utf8");
    writeFileSync(
      join(chart, "values.yaml"),
      values.replace("httpRoute:\n  enabled: true", "httpRoute:\n  enabled: false"),
    );
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await cluster?.[Symbol.asyncDispose]();
  });

  test("install runs the hook first and waits until the release is ready", async () => {
    assert.match(await helm("install", "web", chart, ...WAIT), /^STATUS: deployed$/m);
    assert.equal(await cluster.kubectl("logs", "job/web-before"), "revision 1\n");
    assert.equal((await deployment()).status?.readyReplicas, 1);
    assert.match(await helm("list"), /^web\s+default\s+1\s.*deployed\s+shop-0\.1\.0/m);
    assert.match(await helm("status", "web"), /^web-shop +1\/1 +1 +1 /m);
  });

  test("template prints what install applied", async () => {
    const printed = await helm("template", "web", chart, "--no-hooks");
    assert.equal(printed.trim(), (await helm("get", "manifest", "web")).trim());
  });

  test("upgrade and rollback are revisions of the history", async () => {
    assert.match(await helm("upgrade", "web", chart, "--set", "replicaCount=2", ...WAIT), /has been upgraded/);
    assert.equal((await deployment()).status?.readyReplicas, 2);
    assert.equal(await cluster.kubectl("logs", "job/web-before"), "revision 2\n");
    assert.match(await helm("rollback", "web", "1", ...WAIT), /Rollback was a success/);
    assert.equal((await deployment()).spec?.replicas, 1);
    const history = await helm("history", "web");
    assert.match(history, /^1\s.*superseded.*Install complete\s*$/m);
    assert.match(history, /^2\s.*superseded.*Upgrade complete\s*$/m);
    assert.match(history, /^3\s.*deployed.*Rollback to 1\s*$/m);
  });

  test("the chart's own test reaches the Service by name", async () => {
    assert.match(await helm("test", "web", "--timeout", "60s"), /^Phase: +Succeeded$/m);
  });

  test("a value of the wrong type is refused with the field", async () => {
    const { code, stderr } = await cluster.run("helm", ["upgrade", "web", chart, "--set", "replicaCount=many"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /failed to create typed patch object \(default\/web-shop; apps\/v1, Kind=Deployment\): \.spec\.replicas: expected numeric \(int or float\), got string/,
    );
  });

  test("an upgrade that never becomes ready fails in time and leaves the old pods", async () => {
    const args = ["upgrade", "web", chart, "--set", "image.repository=localhost:1/nope", "--wait", "--timeout", "4s"];
    const { code, stderr } = await cluster.run("helm", args);
    assert.equal(code, 1);
    assert.match(stderr, /UPGRADE FAILED/);
    assert.equal((await deployment()).status?.readyReplicas, 1);
  });

  test("uninstall leaves nothing of the release", async () => {
    assert.match(await helm("uninstall", "web", "--wait"), /release "web" uninstalled/);
    const label = "app.kubernetes.io/instance=web";
    assert.equal(await cluster.kubectl("get", "deployments,replicasets,services,serviceaccounts", "-l", label), "");
    assert.doesNotMatch(await helm("list"), /web/);
  });

  async function helm(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await cluster.run("helm", args);
    assert.equal(code, 0, `helm ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  function deployment(): Promise<Deployment> {
    return cluster.get<Deployment>("deployment", "web-shop");
  }
});
