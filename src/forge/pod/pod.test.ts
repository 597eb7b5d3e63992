import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import { parse } from "yaml";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { sizeProblem } from "../provider/bounded.ts";
import type { ReflectionScope } from "../reflected-metadata.ts";
import { forgeShadowPod, type ShadowPodOptions } from "./shadow-pod.ts";
import { forgePodStatus, forgeRefusedStatus, forgeRejectedStatus } from "./status.ts";

const recorded = <T>(name: string): T =>
  parse(readFileSync(new URL(`./testdata/${name}.yaml`, import.meta.url), "utf8")) as T;
const local = recorded<Pod>("local-pod");
const remote = recorded<Pod>("remote-pod");
const scope: ReflectionScope = {
  origin: "cluster-a",
  destination: "cluster-b",
  nodeName: "cluster-b",
  labelsNotReflected: [],
  annotationsNotReflected: [],
};
const options: ShadowPodOptions = {
  scope,
  apiServer: { support: "TokenAPI", port: "443", addresses: [] },
  liqoRuntimeClass: "liqo",
};

test("the ShadowPod equals the one that upstream wrote", () => {
  const expected = recorded<ShadowPod>("shadow-pod");
  const { "liqo.io/creator-user": _webhook, ...labels } = expected.metadata?.labels ?? {};
  // Beside a token upstream tells the twin's name.
  const volume = expected.spec?.pod?.volumes?.find(({ projected }) => projected !== undefined);
  const namespace = { key: "kube-api-access-lks6k-9359f3", path: "namespace" };
  volume?.projected?.sources?.splice(2, 1, { secret: { name: "web-6dbf66845f-v2q2q-token", items: [namespace] } });
  const forged = forgeShadowPod(local, "off-cluster-a", options);
  assert.deepEqual(forged.spec, expected.spec);
  assert.deepEqual(forged.metadata, {
    name: expected.metadata?.name,
    namespace: "off-cluster-a",
    labels,
    annotations: expected.metadata?.annotations,
  });
});

const withPod = (metadata: Pod["metadata"], spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { ...local.metadata, ...metadata },
  spec: { containers: [], ...local.spec, ...spec },
});

const labelSelector = { matchExpressions: [{ key: "hash", operator: "In", values: ["1"] }] };
const spread = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector };
const antiAffinity = (keys: { matchLabelKeys?: string[] }) => ({
  requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector, ...keys }],
});

const cases: [string, Pod, Partial<ShadowPodOptions>, Partial<Record<keyof PodSpec, unknown>>][] = [
  [
    "host namespaces are not asked for",
    withPod({}, { hostNetwork: true, hostPID: true, hostIPC: true }),
    {},
    { hostNetwork: undefined, hostPID: undefined, hostIPC: undefined },
  ],
  [
    "scheduling belongs to the provider",
    withPod({}, { priorityClassName: "high", schedulerName: "mine" }),
    {},
    { priorityClassName: undefined, priority: undefined, schedulerName: undefined, nodeName: undefined },
  ],
  ["liqo's RuntimeClass stays at home", withPod({}, { runtimeClassName: "liqo" }), {}, { runtimeClassName: undefined }],
  ["another RuntimeClass travels", withPod({}, { runtimeClassName: "kata" }), {}, { runtimeClassName: "kata" }],
  [
    "the annotation's RuntimeClass wins",
    withPod({ annotations: { "liqo.io/remote-runtime-class-name": "gvisor" } }, { runtimeClassName: "kata" }),
    {},
    { runtimeClassName: "gvisor" },
  ],
  [
    "the patch adds node selector and tolerations",
    withPod({}, { tolerations: [] }),
    { patch: { nodeSelector: { zone: "a" }, tolerations: [{ key: "gpu", operator: "Exists" }] } },
    { nodeSelector: { zone: "a" }, tolerations: [{ key: "gpu", operator: "Exists" }] },
  ],
  [
    "without a preset only the patch's affinity is there",
    withPod({}),
    {
      patch: {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
        },
      },
    },
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
  ],
  [
    "the hard preset keeps pods with the chosen labels apart",
    withPod({ annotations: { "liqo.io/anti-affinity-preset": "hard", "liqo.io/anti-affinity-labels": "app" } }),
    {},
    {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "kubernetes.io/hostname" },
          ],
        },
      },
    },
  ],
  [
    "keys of labels that the home API server has made part of the selector do not travel, others do",
    withPod({}, { topologySpreadConstraints: [{ ...spread, matchLabelKeys: ["hash", "unset"] }] }),
    {},
    { topologySpreadConstraints: [{ ...spread, matchLabelKeys: ["unset"] }] },
  ],
  [
    "nor those of an anti-affinity",
    withPod(
      { annotations: { "liqo.io/anti-affinity-preset": "propagate" } },
      { affinity: { podAntiAffinity: antiAffinity({ matchLabelKeys: ["hash"] }) } },
    ),
    {},
    { affinity: { podAntiAffinity: antiAffinity({}) } },
  ],
  [
    "the API server's address becomes an alias",
    withPod({}),
    { apiServer: { support: "TokenAPI", port: "443", addresses: ["10.70.0.1"] } },
    { hostAliases: [{ ip: "10.70.0.1", hostnames: ["kubernetes.default", "kubernetes.default.svc"] }] },
  ],
  [
    "with the provider's API server its own service account is used",
    withPod({
      annotations: { "liqo.io/api-server-support": "remote", "liqo.io/remote-service-account-name": "there" },
    }),
    {},
    { serviceAccountName: "there", automountServiceAccountToken: true, hostAliases: undefined },
  ],
];

for (const [name, pod, extra, expected] of cases) {
  test(name, () => {
    const spec = forgeShadowPod(pod, "off-cluster-a", { ...options, ...extra }).spec?.pod;
    for (const [field, value] of Object.entries(expected))
      assert.deepEqual(spec?.[field as keyof PodSpec], value, field);
  });
}

test("without API server support tokens and variables are left out", () => {
  const apiServer = { ...options.apiServer, support: "Disabled" as const };
  const spec = forgeShadowPod(local, "off-cluster-a", { ...options, apiServer }).spec?.pod;
  const sources = spec?.volumes?.find(({ projected }) => projected !== undefined)?.projected?.sources ?? [];
  assert.deepEqual(
    sources.flatMap((source) => Object.keys(source)),
    ["configMap", "downwardAPI"],
  );
  assert.deepEqual(
    spec?.containers[0]?.env?.map(({ name }) => name),
    ["USER_NAME"],
  );
});

test("labels and annotations that are not to be reflected stay at home", () => {
  const quiet = { ...scope, labelsNotReflected: ["app"], annotationsNotReflected: ["example.org/note"] };
  const { metadata } = forgeShadowPod(local, "off-cluster-a", { ...options, scope: quiet });
  assert.equal(metadata?.labels?.["app"], undefined);
  assert.equal(metadata?.annotations, undefined);
});

test("the status that comes back equals upstream's", () => {
  const status = forgePodStatus(local, remote, {
    cluster: "rome",
    translate: (address) => address,
    hostIp: "10.244.1.8",
    restarts: {},
    isUnavailable: false,
  });
  assert.deepEqual(status, local.status);
});

test("as long as the provider only looks for a place, the local status stays as it is", () => {
  const scheduled = { type: "PodScheduled", status: "True", lastTransitionTime: "2026-11-23T17:00:00Z" };
  const waiting: Pod = { status: { phase: "Pending", qosClass: "BestEffort", conditions: [scheduled] } };
  const later = { ...scheduled, lastTransitionTime: "2026-11-23T17:00:01Z" };
  const options = {
    cluster: "rome",
    translate: (ip: string) => ip,
    hostIp: "10.0.0.1",
    restarts: {},
    isUnavailable: false,
  };
  for (const conditions of [undefined, [later]]) {
    const theirs: Pod = { status: { phase: "Pending", qosClass: "BestEffort", ...(conditions && { conditions }) } };
    assert.deepEqual(forgePodStatus(waiting, theirs, options), waiting.status);
  }
  const noPlace = { ...later, status: "False", reason: "Unschedulable", message: "no room" };
  const status = forgePodStatus(waiting, { status: { phase: "Pending", conditions: [noPlace] } }, options);
  assert.deepEqual(status.conditions, [{ ...noPlace, message: "at rome: no room" }]);
});

test("addresses are translated, restarts added, and nothing is ready of a provider that is silent", () => {
  const status = forgePodStatus(local, remote, {
    cluster: "rome",
    translate: (address) => address.replace("10.245.", "10.80."),
    hostIp: "10.244.1.8",
    restarts: { web: 3 },
    isUnavailable: true,
  });
  assert.deepEqual([status.podIP, status.podIPs], ["10.80.1.129", [{ ip: "10.80.1.129" }]]);
  assert.equal(status.containerStatuses?.[0]?.restartCount, 3);
  assert.equal(status.conditions?.find(({ type }) => type === "Ready")?.status, "False");
});

test("of what a provider reports no more is taken than a pod can bear", () => {
  const [container] = remote.status?.containerStatuses ?? [];
  assert.ok(container);
  const huge = "x".repeat(1 << 20);
  const waiting = { waiting: { reason: "Waiting", message: huge } };
  const status = forgePodStatus(
    local,
    {
      ...remote,
      status: {
        ...remote.status,
        message: huge,
        conditions: Array.from({ length: 10_000 }, (_, i) => ({ type: `Type${i}`, status: "True" })),
        containerStatuses: [
          { ...container, restartCount: 2 ** 40, state: waiting },
          ...Array.from({ length: 10_000 }, (_, i) => ({ ...container, name: `other-${i}` })),
        ],
        initContainerStatuses: [{ ...container, name: "other" }],
      },
    },
    { cluster: "rome", translate: (address) => address, hostIp: "10.244.1.8", restarts: {}, isUnavailable: false },
  );
  assert.equal(status.message?.length, 4_096);
  assert.equal(status.conditions?.length, 256 + 1, "and that it is scheduled, by the home cluster's word");
  assert.deepEqual(
    status.containerStatuses?.map(({ name, restartCount }) => [name, restartCount]),
    [[container.name, 2 ** 31 - 1]],
  );
  assert.equal(status.containerStatuses?.[0]?.state?.waiting?.message?.length, 4_096);
  assert.equal(status.initContainerStatuses, undefined);
  assert.equal(sizeProblem(status), undefined);
});

test("a pod that is not made again waits without address, and nothing of it is ready", () => {
  const status = forgeRefusedStatus(local, "exceeded quota", Date.parse("2026-11-23T18:00:00Z"));
  assert.deepEqual([status.phase, status.reason, status.message], ["Pending", "OffloadingRefused", "exceeded quota"]);
  assert.deepEqual([status.podIP, status.podIPs], [undefined, undefined]);
  assert.deepEqual(status.containerStatuses?.[0]?.state, { waiting: { reason: "OffloadingRefused" } });
  const isTrue = (status.conditions ?? []).filter((condition) => condition.status === "True");
  assert.deepEqual(
    isTrue.map(({ type }) => type),
    ["PodScheduled"],
  );
  const again = forgeRefusedStatus({ ...local, status }, "exceeded quota", Date.parse("2026-11-23T19:00:00Z"));
  assert.deepEqual(again, status, "it is written once");
});

test("a rejected pod has failed with all its containers", () => {
  const why = { reason: "OffloadingAborted", message: "it has no twin" };
  const status = forgeRejectedStatus(local, "Failed", why, Date.parse("2026-11-23T18:00:00Z"));
  assert.deepEqual([status.phase, status.reason, status.podIP], ["Failed", "OffloadingAborted", undefined]);
  assert.equal(status.message, "it has no twin");
  assert.equal(status.containerStatuses?.[0]?.state?.terminated?.exitCode, 1);
  assert.equal(status.conditions?.find(({ type }) => type === "Ready")?.status, "False");
});
