import assert from "node:assert/strict";
import { test } from "node:test";
import { quotas } from "#api/offloading/quota.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { liqoCrds } from "#kit/liqo-crds.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informers } from "#kube/informer/informers.ts";
import { customResourceDefinitions, namespaces } from "#machinery/builtin.ts";
import { milliOf } from "#machinery/quantity.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { quotaProblem, resizeProblem, updateAnswer, validateShadowPod } from "./validate.ts";

const NAMES = {
  clusterId: "rome",
  liqoNamespace: "liqo",
  podCidr: "10.244.0.0/16",
  vkOptionsTemplate: { namespace: "liqo", name: "virtual-kubelet-default" },
  runtimeClass: "liqo",
  storageClass: "liqo",
};

const quota = (limitsEnforcement: "None" | "Soft" | "Hard", resources: Record<string, string>) => ({
  spec: { user: "u", limitsEnforcement, resources },
});
const pod = (requests: Record<string, string>, limits?: Record<string, string>) => ({
  containers: [{ name: "c", image: "i", resources: { requests, ...(limits !== undefined && { limits }) } }],
});

for (const [name, problem, args] of [
  [
    "a pod within the free quota is accepted",
    undefined,
    [quota("None", { cpu: "2" }), pod({ cpu: "1" }), { cpu: 1_000n }],
  ],
  [
    "a pod beyond the free quota is refused",
    /exceeded quota/,
    [quota("None", { cpu: "2" }), pod({ cpu: "1" }), { cpu: 1_500n }],
  ],
  [
    "a resource outside the quota is refused",
    /not part of the Quota/,
    [quota("None", { cpu: "2" }), pod({ "example.com/gpu": "1" }), {}],
  ],
  [
    "Soft wants requests for cpu and memory",
    /memory must be requested/,
    [quota("Soft", { cpu: "2", memory: "1Gi" }), pod({ cpu: "1" }), {}],
  ],
  [
    "Hard wants requests equal to limits",
    /must equal limits/,
    [quota("Hard", { cpu: "2", memory: "1Gi" }), pod({ cpu: "1", memory: "1Mi" }, { cpu: "2", memory: "1Mi" }), {}],
  ],
] as const) {
  test(name, () => {
    const found = quotaProblem(args[0], args[1], new Map(Object.entries(args[2])));
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

const labels = { "offloading.liqo.io/origin": "milan", "liqo.io/creator-user": "u" };
const shadow = (own: object) => ({
  metadata: { name: "web", labels },
  spec: { pod: { ...pod({ cpu: "1" }), ...own } },
});

for (const [name, next, allowed] of [
  ["nothing", {}, true],
  ["an image", { containers: [{ ...pod({ cpu: "1" }).containers[0], image: "other" }] }, true],
  ["the deadline", { activeDeadlineSeconds: 5 }, true],
  ["tolerations", { tolerations: [{ operator: "Exists" }] }, true],
  ["containers to debug it with", { ephemeralContainers: [{ name: "d", image: "i" }] }, true],
  // Whether the Quota has room for it is another question.
  ["a request", pod({ cpu: "2" }), true],
  ["a limit", pod({ cpu: "1" }, { cpu: "9" }), true],
  ["a command", { containers: [{ ...pod({ cpu: "1" }).containers[0], command: ["sh"] }] }, false],
  ["the pod's resources", { resources: { requests: { cpu: "9" } } }, true],
  ["overhead", { overhead: { cpu: "9" } }, false],
  ["a container more", { containers: [...pod({ cpu: "1" }).containers, { name: "d", image: "i" }] }, false],
] as const) {
  test(`an update of ${name} is ${allowed ? "allowed" : "refused"}`, () => {
    assert.equal(updateAnswer(shadow(next) as ShadowPod, shadow({}) as ShadowPod).allowed, allowed);
  });
}

for (const [name, cpu, used, problem] of [
  ["within what is left", "3", "3", undefined],
  ["beyond it", "4", "3", /exceeded quota: requested cpu=4, available 3 of 4/],
  ["smaller, where no more than that is left", "1", "5", undefined],
] as const) {
  test(`a running pod is resized: ${name}`, () => {
    const [next, previous] = [shadow(pod({ cpu })), shadow(pod({ cpu: "2" }))] as ShadowPod[];
    const amounts = new Map([["cpu", milliOf(used)]]);
    const found = next && previous && resizeProblem(quota("None", { cpu: "4" }), next, previous, amounts);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

test("an update cannot make a ShadowPod another cluster's", () => {
  const before = shadow({}) as ShadowPod;
  const after = { ...before, metadata: { labels: { ...labels, "offloading.liqo.io/origin": "turin" } } };
  assert.equal(updateAnswer(after, before).allowed, false);
});

test("requests without a name each count", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  for (const crd of liqoCrds("quotas", "shadowpods")) await client.create(ctx, customResourceDefinitions, crd);
  await client.create(ctx, namespaces, { metadata: { name: "off", labels: { "liqo.io/remote-cluster-id": "milan" } } });
  await client.create(ctx, quotas, { metadata: { name: "u", namespace: "default" }, ...quota("None", { cpu: "7" }) });
  await using informers = new Informers(ctx, client);
  const validate = validateShadowPod({ informers, clock: steppedClock(), ...NAMES });
  await informers.synced();
  const ask = async (uid: string): Promise<boolean> => {
    const object = { metadata: { generateName: "web-", labels }, spec: { pod: pod({ cpu: "3" }) } };
    const request = { uid, operation: "CREATE", namespace: "off", userInfo: { username: "u" }, object } as const;
    return (await validate(ctx, request)).allowed;
  };
  assert.deepEqual([await ask("1"), await ask("2"), await ask("3")], [true, true, false]);
  const resize = async (resources: object): Promise<string> => {
    const [object, oldObject] = [shadow({ resources }), shadow({})];
    const request = { uid: "4", operation: "UPDATE", namespace: "off", name: "web", object, oldObject } as const;
    const answer = await validate(ctx, { ...request, userInfo: { username: "u" } });
    return answer.allowed ? "allowed" : (answer.message ?? "");
  };
  assert.match(await resize({ requests: { cpu: "9" } }), /exceeded quota: requested cpu=9/);
  assert.equal(await resize({ requests: { cpu: "2" } }), "allowed");
  cancel();
});
