import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { SHADOW_OPTIONS } from "#kit/shadow-options.ts";
import { forgeCaughtUp, isBehind, podChanges } from "./pod-changes.ts";
import { forgeRemotePod } from "./remote-pod.ts";
import { shadowChanges, shadowInBrief } from "./shadow-changes.ts";
import { forgeEphemeralContainers, forgeShadowPod } from "./shadow-pod.ts";
import { forgePodStatus } from "./status.ts";

const web = { name: "web", image: "web:1", resources: { requests: { cpu: "1" } } };
const init = { name: "init", image: "init:1" };
const notReady = { key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 };
const spot = { key: "spot", operator: "Exists" };
const debug = { name: "dbg", image: "busybox", targetContainerName: "web" };
const spec: PodSpec = { containers: [web], initContainers: [init], tolerations: [notReady] };
const local = (own: Partial<PodSpec> = {}): Pod => ({ metadata: { name: "a" }, spec: { ...spec, ...own } });
const shadow: ShadowPod = { ...forgeShadowPod(local(), "off", SHADOW_OPTIONS), metadata: { name: "a", uid: "s" } };
const containers = [{ ...web, image: "web:2" }];
const resized = [{ ...web, resources: { requests: { cpu: "2" } } }];

const uid = { op: "test", path: "/metadata/uid", value: "s" };
const named = { op: "test", path: "/spec/pod/containers/0/name", value: "web" };

for (const [name, change, toShadow, toPod] of [
  ["nothing", {}, [], []],
  [
    "an image",
    { containers },
    [[uid, named, { op: "add", path: "/spec/pod/containers/0/image", value: "web:2" }]],
    [{ patch: { spec: { containers: [{ name: "web", image: "web:2" }] } } }],
  ],
  [
    "an init container's image",
    { initContainers: [{ ...init, image: "init:2" }] },
    [
      [
        uid,
        { op: "test", path: "/spec/pod/initContainers/0/name", value: "init" },
        { op: "add", path: "/spec/pod/initContainers/0/image", value: "init:2" },
      ],
    ],
    [{ patch: { spec: { initContainers: [{ name: "init", image: "init:2" }] } } }],
  ],
  [
    "the deadline",
    { activeDeadlineSeconds: 60 },
    [[uid, { op: "add", path: "/spec/pod/activeDeadlineSeconds", value: 60 }]],
    [{ patch: { spec: { activeDeadlineSeconds: 60 } } }],
  ],
  [
    "a toleration more",
    { tolerations: [spot] },
    [[uid, { op: "add", path: "/spec/pod/tolerations", value: [notReady, spot] }]],
    [{ patch: { spec: { tolerations: [notReady, spot] } } }],
  ],
  [
    "the size",
    { containers: resized },
    [[uid, named, { op: "add", path: "/spec/pod/containers/0/resources", value: { requests: { cpu: "2" } } }]],
    [
      {
        subresource: "resize",
        patch: { spec: { containers: [{ name: "web", resources: { requests: { cpu: "2" } } }] } },
      },
    ],
  ],
  [
    "the size of the pod as a whole",
    { resources: { requests: { cpu: "3" } } },
    [[uid, { op: "add", path: "/spec/pod/resources", value: { requests: { cpu: "3" } } }]],
    [{ subresource: "resize", patch: { spec: { resources: { requests: { cpu: "3" } } } } }],
  ],
  [
    "both sizes",
    { containers: resized, resources: { requests: { cpu: "3" } } },
    [
      [
        uid,
        named,
        { op: "add", path: "/spec/pod/containers/0/resources", value: { requests: { cpu: "2" } } },
        { op: "add", path: "/spec/pod/resources", value: { requests: { cpu: "3" } } },
      ],
    ],
    [
      {
        subresource: "resize",
        patch: {
          spec: {
            containers: [{ name: "web", resources: { requests: { cpu: "2" } } }],
            resources: { requests: { cpu: "3" } },
          },
        },
      },
    ],
  ],
  [
    "a container to debug it with",
    { ephemeralContainers: [debug] },
    [[uid, { op: "add", path: "/spec/pod/ephemeralContainers", value: [debug] }]],
    [{ subresource: "ephemeralcontainers", patch: { spec: { ephemeralContainers: [debug] } } }],
  ],
] as const) {
  test(`a running pod changes: ${name}`, () => {
    const next = local(structuredClone(change) as Partial<PodSpec>);
    assert.deepEqual(shadowChanges(next, shadowInBrief(shadow), SHADOW_OPTIONS), toShadow);
    const wanted = forgeShadowPod(next, "off", SHADOW_OPTIONS).spec?.pod ?? { containers: [] };
    const debugging = forgeEphemeralContainers(next, SHADOW_OPTIONS);
    const after: ShadowPod = { spec: { pod: { ...wanted, ephemeralContainers: debugging } } };
    assert.deepEqual(podChanges(after, local()), toPod);
  });
}

test("what the provider's admission made of a pod stays", () => {
  const limits = { memory: "1Gi" };
  const pod = local({ containers: [{ ...web, resources: { requests: { cpu: "1000m", memory: "1Gi" }, limits } }] });
  pod.spec?.containers.push({ name: "proxy", image: "proxy" });
  assert.deepEqual(podChanges({ spec: { pod: spec } }, pod), []);
});

test("a pod is made to follow once for each change of its ShadowPod", () => {
  const of = (generation: number): ShadowPod => ({ metadata: { name: "a", generation } });
  assert.equal(isBehind(of(1), local()), false);
  assert.equal(isBehind(of(2), local()), true);
  assert.equal(isBehind(of(2), { ...local(), metadata: forgeCaughtUp(of(2)).metadata }), false);
  assert.equal(isBehind(of(3), { ...local(), metadata: forgeCaughtUp(of(2)).metadata }), true);
});

test("a debugging container that has ended does not run again in a pod that is made again, and tells how it ended", () => {
  const ended = { name: "dbg", image: "busybox", imageID: "", ready: false, restartCount: 0 };
  const status = { ephemeralContainerStatuses: [{ ...ended, state: { terminated: { exitCode: 3 } } }] };
  const pod: Pod = { ...local({ ephemeralContainers: [debug] }), status };
  assert.deepEqual(forgeEphemeralContainers(pod, SHADOW_OPTIONS), []);
  const before: ShadowPod = { ...shadow, spec: { pod: { ...spec, ephemeralContainers: [debug] } } };
  assert.deepEqual(shadowChanges(pod, before, SHADOW_OPTIONS), [
    [uid, { op: "remove", path: "/spec/pod/ephemeralContainers" }],
  ]);
  const reported = forgePodStatus(
    pod,
    { status: { phase: "Running" } },
    {
      cluster: "rome",
      translate: () => undefined,
      hostIp: "172.18.0.2",
      restarts: {},
      isUnavailable: false,
    },
  );
  assert.deepEqual(reported.ephemeralContainerStatuses, status.ephemeralContainerStatuses);
});

test("no pod is made with debugging containers", () => {
  const made = forgeRemotePod({ metadata: { name: "a" }, spec: { pod: { ...spec, ephemeralContainers: [debug] } } });
  assert.equal(made.spec?.ephemeralContainers, undefined);
});
