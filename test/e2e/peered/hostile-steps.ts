/** What others than the consumer's own identities try. For hostile.test.ts, which shares its clusters. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Pod, Secret } from "kubernetes-types/core/v1";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type Identities, requestFor } from "#kit/identities.ts";
import { TENANT, TWIN } from "./hostile-objects.ts";

/** Longer than any controller takes to do what it must not. */
export const ENOUGH_MS = 3_000;

interface Shared {
  readonly clusters: Clusters;
  readonly identities: Identities;
}

/** Whoever runs as one of Liqo's components at the consumer. */
export function stolenAccounts(shared: () => Shared): void {
  describe("stolen accounts", () => {
    it("the virtual kubelet's reads no Secret and makes no token outside offloaded namespaces", async () => {
      const kubelet = await shared().identities.account("milan", "liqo-tenant-rome", "liqo-rome");
      assert.equal((await kubelet(["get", "secrets", "-n", "web"])).code, 0, "in an offloaded namespace it does");
      for (const args of [
        ["get", "secrets", "-n", "liqo"],
        ["get", "secrets", "-A"],
        ["create", "token", "liqo-controller-manager", "-n", "liqo"],
        ["delete", "pods", "--all", "-n", "liqo"],
      ])
        refused(await kubelet(args), /forbidden/);
    });

    it("the virtual kubelet's gets no serving certificate of another node", async () => {
      const kubelet = await shared().identities.account("milan", "liqo-tenant-rome", "liqo-rome");
      const signer = "kubernetes.io/kubelet-serving";
      const usages = ["digital signature", "server auth"];
      const request = await requestFor(["O=system:nodes", "CN=system:node:worker-node-1"]);
      const csr = {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name: "evil" },
        spec: { request, signerName: signer, usages },
      };
      const created = await kubelet(["create", "-f", "-"], csr);
      // A genuine API server takes no request for a node without names; ours neither.
      if (created.code === 0) {
        await delay(ENOUGH_MS);
        const { status } = await shared().clusters.get<CertificateSigningRequest>("milan", "csr", "evil");
        assert.deepEqual(status?.conditions ?? [], []);
      } else assert.match(created.stderr, /forbidden|invalid/i);
    });

    it("a gateway's changes no pod and reads no Secret", async () => {
      const gateway = await shared().identities.account("milan", "liqo-tenant-rome", "rome");
      const patch = [
        "patch",
        "pod",
        "any",
        "-n",
        "liqo-tenant-rome",
        "--type=merge",
        "-p",
        '{"metadata":{"labels":{"a":"b"}}}',
      ];
      assert.equal(
        (await gateway(["get", "connections.networking.liqo.io", "gw-rome", "-n", "liqo-tenant-rome"])).code,
        0,
      );
      for (const args of [patch, ["get", "secrets", "-n", "liqo-tenant-rome"]])
        refused(await gateway(args), /forbidden/);
    });
  });
}

/** `rome`, with all the rights of its administrator. */
export function hostileProvider(shared: () => Shared): void {
  describe("a provider", () => {
    it("labels its node as it may, and not as another node", async () => {
      const nodeLabels = {
        "kubernetes.io/hostname": "worker-node-1",
        "node-role.kubernetes.io/control-plane": "",
        "node-restriction.kubernetes.io/pci": "true",
        "topology.kubernetes.io/zone": "lazio",
        "example.com/gpu": "true",
      };
      const patch = JSON.stringify({ status: { nodeLabels } });
      // Our own provider would put its answer back.
      await scaleManager(shared().clusters, "rome", 0);
      await shared().clusters.kubectl(
        "rome",
        "patch",
        "resourceslices.authentication.liqo.io",
        "rome",
        "-n",
        TENANT,
        "--subresource=status",
        "--type=merge",
        "-p",
        patch,
      );
      const labels = await eventually("the labels arrive", async () => {
        const { metadata } = await shared().clusters.get<Pod>("milan", "node", "liqo-rome");
        assert.equal(metadata?.labels?.["example.com/gpu"], "true");
        return metadata?.labels ?? {};
      });
      assert.equal(labels["topology.kubernetes.io/zone"], "lazio");
      assert.equal(labels["kubernetes.io/hostname"], "liqo-rome");
      for (const key of ["node-role.kubernetes.io/control-plane", "node-restriction.kubernetes.io/pci"])
        assert.equal(labels[key], undefined, key);
      await scaleManager(shared().clusters, "rome", 1);
    });

    it("has no namespace reflected that nobody offloaded to it", async () => {
      const patch = JSON.stringify({
        status: { currentMapping: { liqo: { phase: "Accepted", remoteNamespace: TWIN } } },
      });
      await scaleManager(shared().clusters, "rome", 0);
      await shared().clusters.kubectl(
        "rome",
        "patch",
        "namespacemaps.offloading.liqo.io",
        "rome",
        "-n",
        TENANT,
        "--subresource=status",
        "--type=merge",
        "-p",
        patch,
      );
      await eventually("the status comes home", async () => {
        const { status } = await shared().clusters.get<NamespaceMap>(
          "milan",
          "namespacemaps.offloading.liqo.io",
          "rome",
          "-n",
          "liqo-tenant-rome",
        );
        assert.ok(status?.currentMapping?.["liqo"]);
      });
      await delay(ENOUGH_MS);
      const { items } = await shared().clusters.get<{ items: Secret[] }>("rome", "secrets", "-n", TWIN);
      assert.ok(
        !items.some(({ metadata }) => metadata?.name === "authentication-keys"),
        "the cluster's key was reflected",
      );
      const bindings = await shared().clusters.kubectl("milan", "get", "rolebindings", "-n", "liqo", "-o", "name");
      assert.doesNotMatch(bindings, /liqo-node-/);
      await scaleManager(shared().clusters, "rome", 1);
    });
  });
}

export async function scaleManager({ kubectl, get }: Clusters, cluster: string, replicas: number): Promise<void> {
  const manager = ["deployment/liqo-controller-manager", "-n", "liqo"] as const;
  await kubectl(cluster, "scale", ...manager, `--replicas=${replicas}`);
  await kubectl(cluster, "rollout", "status", ...manager, "--timeout=60s");
  await eventually("as many as asked for", async () => {
    const { items } = await get<{ items: Pod[] }>(
      cluster,
      "pods",
      "-n",
      "liqo",
      "-l",
      "app.kubernetes.io/name=controller-manager",
    );
    assert.equal(items.length, replicas);
  });
}

export function refused(outcome: { code: number; stderr: string }, why: RegExp): void {
  assert.notEqual(outcome.code, 0, "was allowed");
  assert.match(outcome.stderr, why);
}
