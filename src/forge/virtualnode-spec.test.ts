import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { completeSpec } from "./virtualnode-spec.ts";

const HOME = {
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
    const { createNode, disableNetworkCheck } = completeSpec(node(own), template, HOME);
    assert.deepEqual([createNode, disableNetworkCheck], expected);
  });
}

test("what is not to be reflected comes from both, each once", () => {
  const own = { offloadingPatch: { labelsNotReflected: ["a", "b"] } };
  const { offloadingPatch } = completeSpec(node(own), options({ labelsNotReflected: ["b", "c"] }), HOME);
  assert.deepEqual(offloadingPatch, { labelsNotReflected: ["a", "b", "c"] });
});

test("its virtual kubelet is told the RuntimeClass that the webhook of pods goes by", () => {
  const [container] = completeSpec(node(), TEMPLATE, HOME).template?.spec?.template.spec?.containers ?? [];
  assert.equal(container?.args?.includes("--liqo-runtime-class=offloaded"), true);
});

type Spec = NonNullable<VirtualNode["spec"]>;
const LIMITS = { limits: { cpu: "1" } };

/** The embedded Deployment with these fields in its container. */
function changed(
  spec: Spec,
  fields: { image?: string; command?: readonly string[]; resources?: object },
): Partial<Spec> {
  const copy = structuredClone(spec);
  Object.assign(copy.template?.spec?.template.spec?.containers[0] ?? {}, fields);
  return copy;
}

/** As an earlier version left it. */
function unrecorded(spec: Spec): Spec {
  const copy = structuredClone(spec);
  delete copy.template?.metadata?.annotations;
  return copy;
}

const made = completeSpec(node(), TEMPLATE, HOME);
const NEWER = options({ containerImage: "liqo:2", resources: { requests: { cpu: "2" } } });

for (const [name, before, template, image, resources] of [
  ["nothing", made, TEMPLATE, "liqo:1", {}],
  ["an upgrade", made, NEWER, "liqo:2", { requests: { cpu: "2" } }],
  ["an image of one's own", changed(made, { image: "mine:1" }), NEWER, "mine:1", { requests: { cpu: "2" } }],
  [
    "another version of one's own choice",
    changed(made, { image: "liqo:fix" }),
    NEWER,
    "liqo:fix",
    NEWER.spec?.resources,
  ],
  ["resources of one's own", changed(made, { resources: LIMITS }), NEWER, "liqo:2", LIMITS],
  ["an upgrade from a version that wrote nothing down", unrecorded(made), NEWER, "liqo:2", {}],
  [
    "the same with an image of one's own",
    changed(unrecorded(made), { image: "r:5000/liqo:1" }),
    NEWER,
    "r:5000/liqo:1",
    {},
  ],
  [
    "upstream's Liqo, whose virtual kubelet is another program",
    changed(unrecorded(made), {
      image: "ghcr.io/liqotech/virtual-kubelet:v1.2.0",
      command: ["/usr/bin/virtual-kubelet"],
      resources: {},
    }),
    NEWER,
    "liqo:2",
    NEWER.spec?.resources,
  ],
] as const) {
  test(`image and resources after ${name}`, () => {
    const spec = completeSpec(node(before), template, HOME);
    const [container] = spec.template?.spec?.template.spec?.containers ?? [];
    assert.deepEqual([container?.image, container?.resources], [image, resources]);
    assert.deepEqual(completeSpec(node(spec), template, HOME), spec, "again");
  });
}

test("what is written down by somebody else counts as not written down", () => {
  for (const text of ["nonsense", "null", "[]"]) {
    const before = structuredClone(made);
    Object.assign(before.template?.metadata?.annotations ?? {}, {
      "offloading.liqo.io/virtual-kubelet-defaults": text,
    });
    const { template } = completeSpec(node(before), NEWER, HOME);
    assert.equal(template?.spec?.template.spec?.containers[0]?.image, "liqo:2", text);
  }
});
