import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceQuota } from "kubernetes-types/core/v1";
import { asking, podNamed } from "#kit/cluster-objects.ts";
import { configMaps, deployments, namespaces, persistentVolumeClaims, pods, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { countedResources, othersNamed, usedOf } from "./plan.ts";

const KNOWN: readonly Resource[] = [pods, services, persistentVolumeClaims];
const FOUND: readonly Resource[] = [pods, configMaps, deployments, namespaces];
const quota = (...names: string[]): ResourceQuota => ({
  spec: { hard: Object.fromEntries(names.map((name) => [name, "10"])) },
});

for (const [names, others, counted] of [
  [["pods", "requests.cpu"], [], ["pods"]],
  [["services.nodeports", "requests.storage"], [], ["services", "persistentvolumeclaims"]],
  [["configmaps", "pods"], ["configmaps"], ["pods", "configmaps"]],
  [["count/deployments.apps"], ["count/deployments.apps"], ["deployments"]],
  [["count/nonsense.example.com"], ["count/nonsense.example.com"], []],
  [[], [], []],
] as const) {
  test(`a quota of ${names.join(", ") || "nothing"} counts ${counted.join(" and ") || "nothing"}`, () => {
    assert.deepEqual(othersNamed(quota(...names), KNOWN), others);
    assert.deepEqual(
      countedResources(quota(...names), KNOWN, FOUND).map(({ plural }) => plural),
      counted,
    );
  });
}

test("what is used is summed up by name, and is 0 where there is nothing", () => {
  const objects = [
    podNamed("a", { spec: asking({ cpu: "500m" }) }),
    podNamed("b", { spec: asking({ cpu: "1" }) }),
    podNamed("ended", { spec: asking({ cpu: "4" }), status: { phase: "Succeeded" } }),
  ];
  const used = usedOf(quota("pods", "requests.cpu", "services"), [{ resource: pods, objects }]);
  assert.deepEqual(used, { pods: "2", "requests.cpu": "1500m", services: "0" });
});
