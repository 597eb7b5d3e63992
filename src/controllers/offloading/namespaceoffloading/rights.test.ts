import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { forgeVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { planRights } from "./rights.ts";

const node = (name: string, clusterID: string): VirtualNode => ({
  metadata: { name, namespace: `liqo-tenant-${clusterID}` },
  spec: { clusterID },
});
const ROME = node("liqo-rome", "rome");
const TURIN = node("liqo-turin", "turin");
const bound = (virtual: VirtualNode) => forgeVkNamespaceBinding(virtual, "web");
const mapOf = (provider: string): NamespaceMap => ({
  metadata: { name: provider },
  status: { currentMapping: { web: { remoteNamespace: "web-milan", phase: "Terminating" } } },
});
const somebodys = { ...bound(ROME), roleRef: { ...bound(ROME).roleRef, name: "view" } };
const changed = { ...bound(ROME), subjects: [{ kind: "ServiceAccount", name: "else", namespace: "web" }] };

for (const [name, required, maps, bindings, expected] of [
  ["granted to the virtual kubelets of the providers that are asked, and no others", ["rome"], [], [], ["+liqo-rome"]],
  ["what is granted already is not written again", ["rome"], [], [bound(ROME)], []],
  ["changed by hand is put right", ["rome"], [], [changed], ["+liqo-rome"]],
  ["kept until the twin is gone", [], [mapOf("rome")], [bound(ROME)], []],
  [
    "a provider that tells of a twin nobody asked for is granted nothing",
    ["rome"],
    [mapOf("turin")],
    [bound(ROME)],
    [],
  ],
  ["taken away after that", [], [], [bound(ROME)], ["-liqo-rome"]],
  [
    "taken away when the virtual node is gone",
    ["rome"],
    [],
    [bound(ROME), bound(node("liqo-old", "rome"))],
    ["-liqo-old"],
  ],
  ["a binding of somebody else is left alone", [], [], [somebodys], []],
] as const) {
  test(name, () => {
    const plan = planRights({ namespace: "web", nodes: [ROME, TURIN], required: new Set(required), maps, bindings });
    const names = [
      ...plan.grant.map(({ metadata }) => `+${metadata?.name}`),
      ...plan.revoke.map(({ metadata }) => `-${metadata?.name}`),
    ];
    assert.deepEqual(
      names,
      expected.map((each) => each.replace(/^[+-]/, "$&liqo-node-")),
    );
  });
}
