import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedName, forgeDerivedService, forgeServiceImport, isOfMulticluster } from "./service-import.ts";

const merged = {
  spec: {
    type: "ClusterSetIP" as const,
    ports: [{ name: "http", protocol: "TCP", port: 80 }],
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    internalTrafficPolicy: "Cluster",
  },
  labels: { team: "a" },
  annotations: { note: "b" },
  clusters: ["milan"],
  conflict: { type: "Conflict", status: "False" },
};
const KEY = { namespace: "shop", name: "web" };

test("the import has the address of the Service behind it, as soon as that has one", () => {
  for (const [ip, ips] of [
    [undefined, undefined],
    ["", undefined],
    ["10.96.0.9", ["10.96.0.9"]],
  ] as const) {
    const imported = forgeServiceImport(KEY, merged, ip);
    assert.deepEqual(imported.spec?.ips, ips);
    assert.equal(imported.metadata?.labels?.["team"], "a");
    assert.deepEqual(imported.metadata?.annotations, { note: "b" });
    assert.ok(isOfMulticluster(imported));
  }
});

test("the Service behind it selects nothing, is reflected whatever the policy, and goes with it", () => {
  const imported = { ...forgeServiceImport(KEY, merged, undefined) };
  const { metadata, spec } = forgeDerivedService({ ...imported, metadata: { ...KEY, uid: "1" } }, merged.spec);
  assert.deepEqual(spec, {
    type: "ClusterIP",
    ports: [{ name: "http", protocol: "TCP", port: 80 }],
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    internalTrafficPolicy: "Cluster",
  });
  assert.deepEqual(metadata?.annotations, { "liqo.io/allow-reflection": "true" });
  assert.deepEqual(metadata?.ownerReferences?.[0], {
    apiVersion: "multicluster.x-k8s.io/v1alpha1",
    kind: "ServiceImport",
    name: "web",
    uid: "1",
    controller: true,
    blockOwnerDeletion: false,
  });
});

test("a headless one has no address and no affinity", () => {
  const headless = { ...merged.spec, type: "Headless" as const };
  const { spec } = forgeDerivedService({ metadata: KEY }, headless);
  assert.equal(spec?.clusterIP, "None");
  assert.equal(spec.sessionAffinity, undefined);
  assert.equal(forgeServiceImport(KEY, { ...merged, spec: headless }, "None").spec?.ips, undefined);
});

test("the names of the Services fit, and differ by type", () => {
  assert.equal(derivedName("web", "ClusterSetIP"), "liqo-mcs-web");
  assert.equal(derivedName("web", "Headless"), "liqo-mcs-headless-web");
  const [a, b] = ["a", "b"].map((end) => derivedName(`${"x".repeat(62)}${end}`, "ClusterSetIP"));
  assert.equal(a?.length, 63);
  assert.notEqual(a, b);
});
