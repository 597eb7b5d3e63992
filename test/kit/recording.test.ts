import assert from "node:assert/strict";
import { test } from "node:test";
import { normalObject } from "./normal-object.ts";
import { formatRecording, kindArguments, merge, parseRecording } from "./recording.ts";

test("of an object recorded twice the later counts", () => {
  const recorded = (kind: string, name: string, labels: Record<string, string>) => ({
    kind,
    metadata: { name, labels },
  });
  const earlier = [recorded("Node", "a", { from: "earlier" }), recorded("Pod", "gw-55c7dd4755-cs7dl", {})];
  const later = [recorded("Pod", "gw-76ddbff569-vxbsh", {}), recorded("Node", "b", {})];
  assert.deepEqual(
    merge(earlier, later).map(({ metadata }) => metadata?.name),
    ["a", "gw-76ddbff569-vxbsh", "b"],
  );
  const [node] = merge(earlier, [recorded("Node", "a", { from: "later" })]).slice(-1);
  assert.deepEqual(node?.metadata?.labels, { from: "later" });
});

test("kinds are named so that kubectl finds them in any group", () => {
  const objects = [
    { apiVersion: "v1", kind: "Pod" },
    { apiVersion: "ipam.liqo.io/v1alpha1", kind: "IP" },
    { apiVersion: "v1", kind: "Pod" },
  ];
  assert.deepEqual(kindArguments(objects.map(normalObject)), ["IP.v1alpha1.ipam.liqo.io", "Pod.v1."]);
});

test("what was recorded is read as it was", () => {
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "a", name: "b" },
    data: { c: "d = e\n# f" },
  };
  const objects = [map, { ...map, data: {} }].map(normalObject);
  assert.deepEqual(new Set(parseRecording(formatRecording(objects))), new Set(objects));
});
