/** Pods that do not run, each for another reason: `liqoctl why` names the link that is broken. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { PodSpec } from "kubernetes-types/core/v1";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "puzzles";
const WITHIN_MS = 60_000;
const AWAY = { "liqo.io/type": "virtual-node" };
const SLEEP = ["sleep", "3600"];

interface Found {
  readonly whole: boolean;
  readonly links: readonly { readonly link: string; readonly state: string; readonly says: string }[];
}

type Container = PodSpec["containers"][number];
const one = (more: Partial<Container> = {}): PodSpec["containers"] => [
  { name: "main", image: "busybox", command: SLEEP, ...more },
];
const away = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: one(), nodeSelector: AWAY, ...more });

const PUZZLES: readonly (readonly [name: string, spec: PodSpec, state: string, link: string, says: RegExp])[] = [
  ["fine", away(), "ok", "status", /told at home/],
  ["fine-at-home", away({ nodeSelector: { "kubernetes.io/hostname": "worker-node-1" } }), "ok", "readiness", /ready/],
  ["no-image", away({ containers: one({ image: "nowhere/nothing:1" }) }), "broken", "image", /nowhere\/nothing:1/],
  [
    "no-configmap",
    away({ containers: one({ envFrom: [{ configMapRef: { name: "absent" } }] }) }),
    ...(["broken", "configuration", /configmap "absent" not found/] as const),
  ],
  [
    "no-secret",
    away({ volumes: [{ name: "v", secret: { secretName: "absent" } }] }),
    ...(["broken", "volumes", /secret "absent" not found/] as const),
  ],
  ["crashes", away({ containers: one({ command: ["sh", "-c", "exit 7"] }) }), "broken", "containers", /exit code 7/],
  [
    "probe-fails",
    away({ containers: one({ readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } }) }),
    ...(["broken", "readiness", /Readiness probe failed/] as const),
  ],
  [
    "gate-shut",
    away({ readinessGates: [{ conditionType: "example.org/never" }] }),
    ...(["broken", "readiness", /gate example\.org\/never/] as const),
  ],
  [
    "init-goes-on",
    away({ initContainers: [{ name: "first", image: "busybox", command: SLEEP }] }),
    ...(["unknown", "containers", /init container first/] as const),
  ],
  [
    "too-large",
    away({ containers: one({ resources: { requests: { cpu: "1000" } } }) }),
    ...(["broken", "scheduling", /Insufficient cpu/] as const),
  ],
  ["nowhere", away({ nodeSelector: { no: "node" } }), "broken", "scheduling", /didn't match/],
  ["held", away({ schedulingGates: [{ name: "example.org/later" }] }), "broken", "scheduling", /gate example\.org/],
  [
    "privileged",
    away({ containers: one({ securityContext: { privileged: true } }) }),
    ...(["broken", "ShadowPod", /PodSecurity/] as const),
  ],
  ["ends", away({ restartPolicy: "Never", containers: one({ command: ["true"] }) }), "ok", "status", /told at home/],
  [
    "fails",
    away({ restartPolicy: "Never", containers: one({ command: ["sh", "-c", "exit 3"] }) }),
    ...(["broken", "end", /exit code 3/] as const),
  ],
];

describe("why a pod does not run", { concurrency: true }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await takePeered();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    const items = PUZZLES.map(([name, spec]) => ({
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: NAMESPACE } },
      spec: { terminationGracePeriodSeconds: 1, ...spec },
    }));
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const { code, stderr } = await clusters.tryKubectl("milan", ["apply", "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  for (const [name, , state, link, says] of PUZZLES)
    test(`${name}: ${state} at ${link}`, () =>
      eventually(
        `${name} ends at ${link}`,
        async () => {
          const args = ["why", `pod/${name}`, "-n", NAMESPACE, "--context", "milan", "-o", "json"];
          const { whole, links } = JSON.parse(await clusters.liqoctl(...args)) as Found;
          const end = links.at(-1);
          assert.deepEqual([end?.link, end?.state, whole], [link, state, state === "ok"], JSON.stringify(links));
          assert.match(end?.says ?? "", says);
        },
        WITHIN_MS,
      ));
});
