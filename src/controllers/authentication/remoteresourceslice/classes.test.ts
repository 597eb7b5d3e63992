import assert from "node:assert/strict";
import { test } from "node:test";
import { offeredClasses } from "./classes.ts";

const storage = (name: string, isDefault?: string) => ({
  metadata: {
    name,
    ...(isDefault !== undefined && { annotations: { "storageclass.kubernetes.io/is-default-class": isDefault } }),
  },
  provisioner: "p",
});
const NONE = { ingressClasses: [], loadBalancerClasses: [], hasStorage: false };
const STORAGE = [storage("slow", "false"), storage("fast", "true"), storage("archive")];

for (const [name, settings, expected] of [
  ["without classes nothing is offered", NONE, {}],
  [
    "all storage classes, the cluster's default one first to be taken",
    { ...NONE, hasStorage: true },
    {
      storageClasses: [
        { storageClassName: "archive" },
        { storageClassName: "fast", default: true },
        { storageClassName: "slow" },
      ],
    },
  ],
  [
    "the real storage class counts more than the cluster's default",
    { ...NONE, hasStorage: true, realStorageClass: "archive" },
    {
      storageClasses: [
        { storageClassName: "archive", default: true },
        { storageClassName: "fast" },
        { storageClassName: "slow" },
      ],
    },
  ],
  [
    "ingress and load balancer classes as they were given",
    {
      ...NONE,
      ingressClasses: [
        { name: "traefik", isDefault: false },
        { name: "nginx", isDefault: true },
      ],
      loadBalancerClasses: [{ name: "example.com/public", isDefault: true }],
    },
    {
      ingressClasses: [{ ingressClassName: "traefik" }, { ingressClassName: "nginx", default: true }],
      loadBalancerClasses: [{ loadBalancerClassName: "example.com/public", default: true }],
    },
  ],
] as const) {
  test(name, () => assert.deepEqual(offeredClasses(settings, STORAGE), expected));
}
