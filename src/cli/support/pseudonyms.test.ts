import assert from "node:assert/strict";
import { test } from "node:test";
import { hostIn, hostsOf } from "./hosts.ts";
import { withoutSecrets } from "./objects.ts";
import { createPseudonyms } from "./pseudonyms.ts";

const { text } = createPseudonyms(Buffer.alloc(32, 1), ["worker-1", "worker-1.example.org", "localhost"]);

for (const kept of [
  "networking.liqo.io/v1beta1 at 2026-12-01T00:24:38Z",
  "v1.35.0-liqo, 127.0.0.1:8081, 0.0.0.0/0, 169.254.18.1, ::1",
  "liqo-controller-manager-bdl75q68zk-d8bxw",
  "90a53b0d-4773-4153-b8e5-59602e81f741",
  "ghcr.io/liqo-ts/liqo@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "https://liqo-webhook.liqo.svc:443/mutate/pod",
  "worker-10 and myworker-1a",
  "localhost",
])
  test(`${kept} tells nothing and stays`, () => assert.equal(text(kept), kept));

for (const [original, pattern] of [
  ["etcd-worker-1", /^etcd-host-[0-9a-f]{12}$/],
  ["WORKER-1.example.org:6443", /^host-[0-9a-f]{12}:6443$/],
  ["https://api.corp.example/x", /^https:\/\/host-[0-9a-f]{12}\/x$/],
  ["https://me:pass@api.corp.example", /^https:\/\/user-[0-9a-f]{12}@host-[0-9a-f]{12}$/],
  ["fd00:10:244::3 fe80::858:aff:fef4:1", /^ipv6-[0-9a-f]{12} ipv6-[0-9a-f]{12}$/],
  ["0a:58:0a:f4:00:01", /^mac-[0-9a-f]{12}$/],
  ["token: abcdef.0123456789abcdef", /^token: secret-[0-9a-f]{12}$/],
  ["--password=hunter2hunter2", /^--password=secret-[0-9a-f]{12}$/],
] as const)
  test(`${original} becomes another`, () => assert.match(text(original), pattern));

test("one name for one word, wherever it stands", () => {
  const [first, second] = [text("10.244.0.3"), text("from 10.244.0.3:80 (10-244-0-3)")];
  assert.equal(second, `from ${first}:80 (${first.replaceAll(".", "-")})`);
  assert.notEqual(createPseudonyms(Buffer.alloc(32, 2), []).text("10.244.0.3"), first);
  const [pod, remapped] = [text("rome-pod-10-244-0-0-16"), text("10.244.0.0/16")];
  assert.equal(pod, `rome-pod-${remapped.replaceAll(/[./]/g, "-")}`);
});

for (const [word, host] of [
  ["https://api.example.org:6443/x", "api.example.org"],
  ["worker-1", "worker-1"],
  ["gateway.example.org:51840", "gateway.example.org"],
  ["10.0.0.1", undefined],
  ["https://10.0.0.1:6443", undefined],
  ["", undefined],
] as const)
  test(`the host of "${word}" is ${host}`, () => assert.equal(hostIn(word), host));

test("hosts are nodes, what they are called at, and what has a dot where a host stands", () => {
  const found = hostsOf([
    {
      kind: "Node",
      metadata: { name: "worker-1" },
      ...{ status: { addresses: [{ type: "Hostname", address: "w1" }] } },
    },
    { kind: "Node", metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } } },
    {
      kind: "Pod",
      ...{ spec: { nodeName: "liqo-rome", hostname: "db-0", containers: [{ image: "reg.corp.example/a:1" }] } },
    },
    { kind: "FirewallConfiguration", ...{ status: { conditions: [{ host: "liqo-fabric-x" }] } } },
    { kind: "Ingress", ...{ spec: { rules: [{ host: "shop.example.org" }] } } },
  ]);
  assert.deepEqual([...found].sort(), ["reg.corp.example", "shop.example.org", "w1", "worker-1"]);
});

test("arguments of Liqo's own programs stay, values of environments do not", () => {
  const container = {
    name: "a",
    args: ["--mtu=1340"],
    env: [
      { name: "A", value: "v" },
      { name: "B", valueFrom: { fieldRef: {} } },
    ],
  };
  const pod = { kind: "Pod", metadata: { name: "a", managedFields: [{}] }, spec: { containers: [container] } };
  const hidden = (isLiqo: boolean) => withoutSecrets(pod as never, (value) => `hidden(${value})`, isLiqo);
  const env = [
    { name: "A", value: "hidden(v)" },
    { name: "B", valueFrom: { fieldRef: {} } },
  ];
  assert.deepEqual(hidden(true), { ...pod, metadata: { name: "a" }, spec: { containers: [{ ...container, env }] } });
  assert.deepEqual(hidden(false), {
    ...pod,
    metadata: { name: "a" },
    spec: { containers: [{ ...container, args: ["hidden(--mtu=1340)"], env }] },
  });
  const shadow = { kind: "ShadowPod", metadata: {}, spec: { pod: { containers: [{ args: ["--password", "x"] }] } } };
  assert.deepEqual(withoutSecrets(shadow as never, () => "hidden", true)["spec"], {
    pod: { containers: [{ args: ["hidden", "hidden"] }] },
  });
});
