/** Every object of the chart is one that the API server takes: a server-side dry run of what Helm renders. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needsOwnClusters } from "#engines/choose.ts";
import { CHART, parseManifest, template } from "#kit/chart.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

const VALUE_SETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "what is required": {},
  "everything doubled": {
    "controllerManager.replicas": "2",
    "networking.gatewayTemplates.replicas": "2",
    "virtualKubelet.replicas": "2",
  },
  "no module": {
    "networking.enabled": "false",
    "authentication.enabled": "false",
    "offloading.enabled": "false",
    "offloading.runtimeClass.enabled": "false",
  },
  "places, labels and resources of one's own": {
    "imagePullSecrets[0].name": "registry",
    "discovery.config.clusterLabels.topology\\.example\\.com/zone": "west",
    "ipam.reservedSubnets[0]": "10.100.0.0/16",
    "common.nodeSelector.example\\.com/pool": "system",
    "common.tolerations[0].operator": "Exists",
    "networking.fabric.tolerations[0].operator": "Exists",
    "networking.gatewayTemplates.pod.priorityClassName": "system-cluster-critical",
    "networking.gatewayTemplates.server.service.annotations.example\\.com/ip": "any",
    "controllerManager.pod.resources.limits.memory": "512Mi",
    "virtualKubelet.extra.labels.example\\.com/team": "net",
    "offloading.reflection.secret.type": "AllowList",
    "webhook.failurePolicy": "Ignore",
  },
};

describe("the chart on an API server", { skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  before(async () => {
    cluster = await takeCluster();
    await cluster.kubectl("apply", "--server-side", "-f", join(CHART, "crds"));
    await cluster.kubectl("wait", "--for=condition=Established", "-f", join(CHART, "crds"), "--timeout=60s");
    await cluster.kubectl("create", "namespace", "liqo");
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  for (const [name, values] of Object.entries(VALUE_SETS)) {
    test(`a dry run takes every object of: ${name}`, async () => {
      const manifest = await template(values);
      const dryRun = ["--server-side", "--dry-run=server", "-n", "liqo", "--warnings-as-errors"];
      const applied = await cluster.apply(manifest, ...dryRun);
      const lines = applied.trim().split("\n");
      assert.equal(lines.length, parseManifest(manifest).length, applied);
      for (const line of lines) assert.match(line, /serverside-applied \(server dry run\)$/);
    });
  }

  test("a dry run leaves nothing", async () => {
    assert.equal(
      await cluster.kubectl("get", "deployments,daemonsets,clusterroles", "-A", "-l", "app.kubernetes.io/part-of=liqo"),
      "",
    );
  });
});
