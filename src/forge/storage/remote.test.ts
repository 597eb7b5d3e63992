import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { SHADOW_OPTIONS } from "#kit/shadow-options.ts";
import { forgeClaim, forgePlaceholderVolume } from "./remote.ts";

const { scope } = SHADOW_OPTIONS;
const claim = (annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  metadata: { namespace: "shop", name: "data", uid: "1", annotations },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "2Gi" } },
  },
});

for (const [name, expected, annotations, defaultClass] of [
  ["the provider's default class", "fast", {}, "fast"],
  ["the class that the claim names for the provider", "slow", { "liqo.io/remote-storage-class": "slow" }, "fast"],
  ["whatever the provider takes", undefined, {}, undefined],
] as const) {
  test(`a claim asks at the provider for ${name}, never for the virtual one`, () => {
    assert.equal(forgeClaim(claim(annotations), "shop-milan", scope, defaultClass).spec?.storageClassName, expected);
  });
}

for (const [name, expected, annotations] of [
  ["its own", ["ReadWriteOnce"], {}],
  [
    "others, when it says so",
    ["ReadWriteMany", "ReadOnlyMany"],
    { "liqo.io/remote-access-modes": "ReadWriteMany, ReadOnlyMany" },
  ],
] as const) {
  test(`a claim's access modes at the provider are ${name}`, () => {
    assert.deepEqual(forgeClaim(claim(annotations), "shop-milan", scope, "fast").spec?.accessModes, expected);
  });
}

test("an access mode that is none is refused by name", () => {
  const bad = claim({ "liqo.io/remote-access-modes": "ReadWriteAlways" });
  assert.throws(() => forgeClaim(bad, "shop-milan", scope, "fast"), /"ReadWriteAlways" is not an access mode/);
});

test("what this cluster's volume controllers noted stays at home", () => {
  const { metadata } = forgeClaim(
    claim({ "volume.kubernetes.io/selected-node": "n", own: "kept" }),
    "shop-milan",
    scope,
    "",
  );
  assert.deepEqual(Object.keys(metadata?.annotations ?? {}), ["own"]);
  assert.deepEqual([metadata?.namespace, metadata?.name], ["shop-milan", "data"]);
});

test("at home the claim is bound to a volume that only virtual nodes of the provider can have", () => {
  const { metadata, spec } = forgePlaceholderVolume(claim(), scope, "Delete");
  assert.equal(metadata?.name, "pvc-1");
  assert.deepEqual(spec?.capacity, { storage: "2Gi" });
  assert.deepEqual([spec?.claimRef?.name, spec?.claimRef?.uid], ["data", "1"]);
  assert.deepEqual(spec?.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values, ["rome"]);
});
