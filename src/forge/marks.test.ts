import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { forgeConfigMap } from "./configmap.ts";
import { forgeShadowEndpointSlice } from "./endpointslice.ts";
import { forgeIngress } from "./ingress.ts";
import { marksOfShadow } from "./marks.ts";
import { forgeShadowPod } from "./pod/shadow-pod.ts";
import type { ReflectionScope } from "./reflected-metadata.ts";
import { forgeSecret } from "./secret.ts";
import { forgeService } from "./service.ts";
import { forgeClaim } from "./storage/remote.ts";

const scope: ReflectionScope = {
  origin: "milan",
  destination: "rome",
  nodeName: "liqo-rome",
  labelsNotReflected: [],
  annotationsNotReflected: [],
};
const owned = { "offloading.liqo.io/origin": "milan", "offloading.liqo.io/destination": "rome" };
const metadata = {
  name: "a",
  labels: {
    app: "web",
    "liqo.io/identity-type": "ControlPlane",
    "liqo.io/remote-cluster-id": "evil",
    "networking.liqo.io/component": "gateway",
    "offloading.liqo.io/origin": "turin",
    "offloading.liqo.io/service-account-name": "x",
  },
  annotations: {
    "example.org/note": "kept",
    "liqo.io/remote-tenant-namespace": "x",
    "liqo.io/remote-storage-class": "fast",
    "liqo.io/anti-affinity-preset": "hard",
  },
};

const REFLECTED: readonly (readonly [kind: string, forge: () => KubeObject, own?: Record<string, string>])[] = [
  ["ConfigMap", () => forgeConfigMap({ metadata }, "twin", scope)],
  ["Secret", () => forgeSecret({ metadata }, "twin", scope)],
  ["Service", () => forgeService({ metadata }, "twin", scope)],
  ["Ingress", () => forgeIngress({ metadata }, "twin", scope)],
  ["claim", () => forgeClaim({ metadata }, "twin", scope, undefined)],
  [
    "EndpointSlice",
    () =>
      forgeShadowEndpointSlice({ metadata, addressType: "IPv4", endpoints: [] }, "twin", scope, {
        isNative: () => false,
        directTo: () => undefined,
        translate: (address) => address,
      }),
    { "endpointslice.kubernetes.io/managed-by": "endpointslice.reflection.liqo.io" },
  ],
  [
    "pod",
    () =>
      forgeShadowPod({ metadata, spec: { containers: [] } }, "twin", {
        scope,
        apiServer: { support: "Disabled", port: "443", addresses: [] },
        liqoRuntimeClass: "liqo",
      }),
    { "offloading.liqo.io/nodename": "liqo-rome" },
  ],
];
for (const [kind, forge, own = {}] of REFLECTED) {
  test(`labels and annotations of Liqo on a user's ${kind} stay at home`, () => {
    const { labels, annotations } = forge().metadata ?? {};
    assert.deepEqual(labels, { app: "web", ...owned, ...own });
    assert.deepEqual(annotations, { "example.org/note": "kept" });
  });
}

test("the storage class that a claim wishes for is read at home", () => {
  assert.equal(forgeClaim({ metadata }, "twin", scope, undefined).spec?.storageClassName, "fast");
});

test("anti-affinity goes by labels that the other pods have at the provider, too", () => {
  const shadow = forgeShadowPod({ metadata, spec: { containers: [] } }, "twin", {
    scope,
    apiServer: { support: "Disabled", port: "443", addresses: [] },
    liqoRuntimeClass: "liqo",
  });
  const [term] = shadow.spec?.pod?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  assert.deepEqual(term?.labelSelector, { matchLabels: { app: "web" } });
});

test("the provider takes from a shadow what reflection goes by, and no other mark", () => {
  const own = { ...metadata.labels, ...owned, "liqo.io/creator-user": "u", "offloading.liqo.io/nodename": "liqo-rome" };
  assert.deepEqual(marksOfShadow(own), {
    app: "web",
    ...owned,
    "liqo.io/creator-user": "u",
    "offloading.liqo.io/nodename": "liqo-rome",
  });
});
