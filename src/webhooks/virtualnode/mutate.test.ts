import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { completeSpec } from "./mutate.ts";

const DEPS = {
  clusterId: "milan",
  liqoNamespace: "liqo",
  podCidr: "10.244.0.0/16",
  runtimeClass: "offloaded",
  storageClass: "liqo",
};
const TEMPLATE: VkOptionsTemplate = {
  metadata: { name: "default" },
  spec: { containerImage: "liqo:1", createNode: true, disableNetworkCheck: false, metricsEnabled: false },
};
const node = (spec: Partial<VirtualNode["spec"]> = {}): VirtualNode => ({
  metadata: { namespace: "liqo-tenant-rome", name: "liqo-rome" },
  spec: { clusterID: "rome", ...spec },
});
const options = (changes: Partial<VkOptionsTemplate["spec"]>): VkOptionsTemplate =>
  ({ ...TEMPLATE, spec: { ...TEMPLATE.spec, ...changes } }) as VkOptionsTemplate;

for (const [name, expected, own, template] of [
  ["the template's defaults", [true, false], {}, TEMPLATE],
  ["another template's", [false, true], {}, options({ createNode: false, disableNetworkCheck: true })],
  ["what the person wrote", [false, true], { createNode: false, disableNetworkCheck: true }, TEMPLATE],
] as const) {
  test(`a VirtualNode is completed by ${name}`, () => {
    const { createNode, disableNetworkCheck } = completeSpec(node(own), template, DEPS);
    assert.deepEqual([createNode, disableNetworkCheck], expected);
  });
}

test("what is not to be reflected comes from both, each once", () => {
  const own = { offloadingPatch: { labelsNotReflected: ["a", "b"] } };
  const { offloadingPatch } = completeSpec(node(own), options({ labelsNotReflected: ["b", "c"] }), DEPS);
  assert.deepEqual(offloadingPatch, { labelsNotReflected: ["a", "b", "c"] });
});

test("its virtual kubelet is told the RuntimeClass that the webhook of pods goes by", () => {
  const [container] = completeSpec(node(), TEMPLATE, DEPS).template?.spec?.template.spec?.containers ?? [];
  assert.equal(container?.args?.includes("--liqo-runtime-class=offloaded"), true);
});

test("image and resources that somebody set in the Deployment stay", () => {
  const { template } = completeSpec(node(), TEMPLATE, DEPS);
  const pod = template?.spec?.template;
  const [made] = pod?.spec?.containers ?? [];
  const containers = [{ ...made, name: "virtual-kubelet", image: "liqo:2", resources: { limits: { cpu: "1" } } }];
  const changed = {
    ...template,
    spec: { ...template?.spec, template: { ...pod, spec: { ...pod?.spec, containers } } },
  };
  const again = completeSpec(node({ template: changed as never }), TEMPLATE, DEPS);
  const [kept] = again.template?.spec?.template.spec?.containers ?? [];
  assert.deepEqual([kept?.image, kept?.resources], ["liqo:2", { limits: { cpu: "1" } }]);
});
