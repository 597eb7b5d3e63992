import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { completeSpec, type Home } from "#forge/virtualnode-spec.ts";
import { titleOf } from "../model.ts";
import { type FollowerFacts, planFollowers } from "./followers.ts";
import type { Changed } from "./installing.ts";

const TENANT = "liqo-tenant-rome";
const peer = { "liqo.io/remote-cluster-id": "rome" };
const pod = (namespace: string, name: string, labels: Record<string, string>, phase = "Running") => ({
  metadata: { namespace, name, labels },
  spec: { nodeName: "worker", containers: [] },
  status: { phase },
});

const HOME: Home = {
  clusterId: "milan",
  liqoNamespace: "liqo",
  podCidr: "",
  runtimeClass: "liqo",
  storageClass: "liqo",
};
const options = (containerImage = "liqo:1"): VkOptionsTemplate => ({
  metadata: { name: "virtual-kubelet-default", namespace: "liqo" },
  spec: { createNode: true, disableNetworkCheck: false, metricsEnabled: false, containerImage },
});
const BARE: VirtualNode = { metadata: { name: "liqo-rome", namespace: TENANT }, spec: { clusterID: "rome" } };
const NODE: VirtualNode = { ...BARE, spec: completeSpec(BARE, options(), HOME) };

const FACTS: FollowerFacts = {
  ...{ id: "milan", liqoNamespace: "liqo", home: HOME, options: [options()] },
  servers: [
    {
      metadata: { name: "rome", namespace: TENANT, labels: peer },
      spec: { endpoint: { port: 1 }, serverTemplateRef: { name: "wireguard-server", namespace: "liqo" } },
    },
  ],
  clients: [],
  virtualNodes: [NODE],
  pods: [
    pod("liqo", "proxy-1", { app: "proxy" }),
    pod("liqo", "proxy-0", { app: "proxy" }, "Succeeded"),
    pod("liqo", "other", { app: "other" }),
    pod(TENANT, "gw-1", { "networking.liqo.io/gateway-name": "rome" }),
    pod(TENANT, "vk-1", { ...peer, "liqo.io/virtual-node": "liqo-rome", ...vkLabels() }),
  ],
};

function vkLabels(): Record<string, string> {
  return NODE.spec?.template?.spec?.selector.matchLabels ?? {};
}

function changed(kind: string, name: string, ...paths: readonly string[]): Changed {
  const object = {
    kind,
    metadata: { name, namespace: "liqo" },
    spec: { selector: { matchLabels: { app: name } }, template: {} },
  };
  return { object, live: object, fields: paths.map((path) => ({ path, from: 1, to: 2 })) };
}

const template = (...paths: readonly string[]): Changed =>
  changed("WgGatewayServerTemplate", "wireguard-server", ...paths.map((path) => `spec.template.${path}`));
const GATEWAY = `change WgGatewayServer ${TENANT}/rome`;

for (const [what, more, changes, steps, pods] of [
  ["nothing", {}, [], [], []],
  ["pods of another template", {}, [changed("Deployment", "proxy", "spec.template.spec.image")], [], ["proxy-1"]],
  ["a Deployment that is scaled", {}, [changed("Deployment", "proxy", "spec.replicas")], [], []],
  ["what runs no pods", {}, [changed("Service", "proxy", "spec.template.x")], [], []],
  [
    "gateways of another template",
    {},
    [template("spec.deployment.spec.template.spec.containers[gateway].args")],
    [GATEWAY, `change Deployment ${TENANT}/gw-rome`],
    ["gw-1"],
  ],
  [
    "more replicas of gateways",
    {},
    [template("spec.deployment.spec.replicas")],
    [GATEWAY, `change Deployment ${TENANT}/gw-rome`],
    [],
  ],
  [
    "another Service of gateways",
    {},
    [template("spec.service.spec.ports")],
    [GATEWAY, `change Service ${TENANT}/gw-rome`],
    [],
  ],
  ["labels of a template", {}, [changed("WgGatewayServerTemplate", "wireguard-server", "metadata.labels.a")], [], []],
  ["a template of nobody", {}, [changed("WgGatewayServerTemplate", "own", "spec.template.spec.x")], [], []],
  [
    "another image of virtual kubelets",
    { options: [options("liqo:2")] },
    [],
    [`change VirtualNode ${TENANT}/liqo-rome`, `change Deployment ${TENANT}/vk-liqo-rome`],
    ["vk-1"],
  ],
  [
    "a virtual node that is kept from the webhook",
    {
      options: [options("liqo:2")],
      virtualNodes: [{ ...NODE, metadata: { ...NODE.metadata, labels: { "liqo.io/webhook-skip": "true" } } }],
    },
    [],
    [],
    [],
  ],
] as const satisfies readonly (readonly [
  string,
  Partial<FollowerFacts>,
  readonly Changed[],
  readonly string[],
  readonly string[],
])[])
  test(`what follows of an upgrade: ${what}`, () => {
    const part = planFollowers({ ...FACTS, ...more }, changes);
    assert.deepEqual(
      (part.steps ?? []).map(({ verb, object }) => `${verb} ${titleOf(object)}`),
      steps,
    );
    assert.deepEqual(
      (part.pods ?? []).map(({ name, fate }) => [name, fate]),
      pods.map((name) => [name, "replaced"]),
    );
  });

test("what the replacement of a gateway and of a virtual kubelet costs is a remark", () => {
  const { remarks } = planFollowers({ ...FACTS, options: [options("liqo:2")] }, [
    template("spec.deployment.spec.template.spec.containers[gateway].args"),
  ]);
  assert.deepEqual(remarks, [
    `gateway ${TENANT}/rome is replaced: packets to rome wait for a second or two, connections stay`,
    `the virtual kubelet of ${TENANT}/liqo-rome is replaced: kubectl logs -f, exec, attach and port-forward of offloaded pods end, the pods go on`,
  ]);
});
