/**
 * A consumer and a provider that want more than they were given, with the identities that Liqo gave them, and users of a
 * cluster without any. Each attack has worked once; what is tried in vain leaves a trace that shows that it was tried.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Namespace, Pod, Secret } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type As, clusterKeyOf, Identities, requestFor } from "#kit/identities.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import {
  evilKubeconfig,
  evilNonce,
  MARKS,
  OFFLOADING_API,
  shadowOf,
  sliceOf,
  TENANT,
  TWIN,
} from "./hostile-objects.ts";
import { ENOUGH_MS, hostileProvider, refused, scaleManager, stolenAccounts } from "./hostile-steps.ts";

describe("hostile peers", () => {
  let clusters: Clusters;
  let identities: Identities;
  let controlPlane: As;
  let slice: As;

  before(async () => {
    clusters = await takePeered();
    identities = new Identities(clusters);
    await clusters.kubectl("milan", "create", "namespace", "web");
    await clusters.liqoctl("offload", "namespace", "web", "--context", "milan", "--pod-offloading-strategy", "Remote");
    controlPlane = await identities.given("milan", "rome", "kubeconfig-controlplane-rome");
    slice = await identities.given("milan", "rome", "kubeconfig-resourceslice-rome");
  });

  after(async () => {
    identities?.[Symbol.dispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  describe("Secrets count by where they lie and whose they are", () => {
    for (const [who, cluster, namespace] of [
      ["a consumer at its provider", "rome", TWIN],
      ["a user of an offloaded namespace, whose Secrets are reflected", "milan", "web"],
    ] as const) {
      it(`${who} gets no controller to use a kubeconfig or to sign`, async () => {
        const create: As = cluster === "rome" ? slice : (args, object) => asAdmin(clusters, cluster, args, object);
        for (const secret of [evilKubeconfig(namespace), evilNonce(namespace)])
          assert.equal((await create(["create", "-f", "-"], secret)).code, 0);
        await delay(ENOUGH_MS);
        for (const place of ["rome", "milan"] as const) {
          const where = place === "rome" ? TWIN : "web";
          const { items } = await clusters.get<{ items: Secret[] }>(place, "secrets", "-n", where);
          for (const { metadata, data } of items) {
            assert.equal(data?.["signedNonce"], undefined, `${place}: ${metadata?.name} was signed`);
            assert.equal(metadata?.finalizers, undefined, `${place}: ${metadata?.name} was taken for an identity`);
            if (place === "rome" && cluster === "milan")
              assert.equal(metadata?.labels?.["liqo.io/identity-type"], undefined, "Liqo's labels travelled");
          }
        }
        await clusters.kubectl(cluster, "delete", "secret", "evil-kubeconfig", "evil-nonce", "-n", namespace);
      });
    }
  });

  describe("a consumer's control plane", () => {
    // Its own replicator would take back what it did not write itself.
    before(() => scaleManager(clusters, "milan", 0));
    after(() => scaleManager(clusters, "milan", 1));

    for (const [what, subject, isOwnKey] of [
      ["with a second common name", ["O=milan", "CN=<name>", "CN=system:kube-controller-manager"], true],
      ["with a second organization", ["O=milan", "O=system:masters", "CN=<name>"], true],
      ["for another key than the tenant's", ["O=milan", "CN=<name>"], false],
    ] as const) {
      it(`gets no certificate for a request ${what}`, async () => {
        const name = `evil-${what.replaceAll(/[^a-z]/g, "")}`.slice(0, 40);
        const user = `${name}-${createHash("sha256").update("milan").digest("hex").slice(0, 12)}`;
        const key = isOwnKey ? await clusterKeyOf(clusters, "milan") : undefined;
        const csr = await requestFor(
          subject.map((part) => part.replace("<name>", user)),
          key,
        );
        const created = await controlPlane(["create", "-f", "-"], sliceOf(name, csr));
        assert.equal(created.code, 0, created.stderr);
        const answered = await eventually("an answer", async () => {
          const found = await sliceAt(clusters, name);
          assert.ok(found.status?.conditions?.length);
          return found;
        });
        const [condition] = answered.status?.conditions ?? [];
        assert.deepEqual([condition?.type, condition?.status], ["Authentication", "Denied"]);
        assert.equal(answered.status?.authParams?.signedCRT, undefined);
        await clusters.kubectl("rome", "delete", "resourceslices.authentication.liqo.io", name, "-n", TENANT);
      });
    }

    it("creates replicas only, and changes no mark of the provider on them", async () => {
      const csr = await requestFor(["O=milan", "CN=local"]);
      const local = sliceOf("local", csr, { ...MARKS, "liqo.io/replicated": "false" });
      refused(await controlPlane(["create", "-f", "-"], local), /replicas only/);
      const found = await sliceAt(clusters, "rome");
      const marked = { ...found.metadata, labels: { ...found.metadata?.labels, "liqo.io/replicated": "false" } };
      refused(await controlPlane(["replace", "-f", "-"], { ...found, metadata: marked }), /cannot be changed/);
      const relabelled = {
        ...found.metadata,
        labels: { ...found.metadata?.labels, "liqo.io/remote-cluster-id": "turin" },
      };
      refused(await controlPlane(["replace", "-f", "-"], { ...found, metadata: relabelled }), /cannot be changed/);
    });

    it("stays cordoned", async () => {
      const cordon = (condition: string) =>
        clusters.kubectl(
          "rome",
          "patch",
          "tenant",
          "milan",
          "-n",
          TENANT,
          "--type=merge",
          "-p",
          `{"spec":{"tenantCondition":"${condition}"}}`,
        );
      await cordon("Cordoned");
      const cordoned = await eventually("a cordoned slice", async () => {
        const found = await sliceAt(clusters, "rome");
        assert.ok(found.metadata?.annotations?.["liqo.io/cordon-tenant"]);
        return found;
      });
      const { "liqo.io/cordon-tenant": _mark, ...annotations } = cordoned.metadata?.annotations ?? {};
      const freed = { ...cordoned, metadata: { ...cordoned.metadata, annotations } };
      refused(await controlPlane(["replace", "-f", "-"], freed), /cordon-tenant cannot be changed/);
      await eventually("no ShadowPod is taken", async () =>
        refused(await slice(["create", "-f", "-"], shadowOf("cordoned")), /cordoned/),
      );
      await cordon("Active");
      await eventually("ShadowPods are taken again", async () => {
        const { code, stderr } = await slice(["create", "-f", "-"], shadowOf("cordoned"));
        assert.equal(code, 0, stderr);
      });
      await slice(["delete", "shadowpod", "cordoned", "-n", TWIN]);
    });

    it("gets twin namespaces in its own name only, and no reserved ones", async () => {
      const wanted = { plain: "plain-milan", system: "kube-loot", other: "liqo-tenant-venice" };
      const map = {
        apiVersion: OFFLOADING_API,
        kind: "NamespaceMap",
        metadata: { name: "more", namespace: TENANT, labels: MARKS },
        spec: { desiredMapping: wanted },
      };
      const forged = {
        ...map,
        metadata: { ...map.metadata, labels: { ...MARKS, "liqo.io/remote-cluster-id": "turin" } },
      };
      refused(await controlPlane(["create", "-f", "-"], forged), /remote-cluster-id must be "milan"/);
      assert.equal((await controlPlane(["create", "-f", "-"], map)).code, 0);
      const phases = await eventually("all answered", async () => {
        const { status } = await clusters.get<NamespaceMap>("rome", "namespacemap", "more", "-n", TENANT);
        const found = Object.entries(status?.currentMapping ?? {}).map(([name, { phase }]) => [name, phase]);
        assert.equal(found.length, 3);
        return Object.fromEntries(found);
      });
      assert.deepEqual(phases, { plain: "Accepted", system: "CreationLoopBackOff", other: "CreationLoopBackOff" });
      const twin = await clusters.get<Namespace>("rome", "namespace", "plain-milan");
      assert.equal(twin.metadata?.labels?.["liqo.io/remote-cluster-id"], "milan");
      const { items } = await clusters.get<{ items: RoleBinding[] }>("rome", "rolebindings", "-n", "plain-milan");
      assert.deepEqual(
        items.flatMap(({ subjects }) => subjects?.map(({ name }) => name) ?? []),
        ["milan"],
      );
      for (const name of ["kube-loot", "liqo-tenant-venice"])
        assert.match((await clusters.tryKubectl("rome", ["get", "namespace", name])).stderr, /not found/);
      await controlPlane(["delete", "namespacemap", "more", "-n", TENANT]);
    });
  });

  describe("a consumer's pods at the provider", () => {
    it("share no namespace of the node, choose no node and get no system priority", async () => {
      const spec = { hostNetwork: true, hostPID: true, hostIPC: true, nodeName: "worker-node-1" };
      const created = await slice(["create", "-f", "-"], shadowOf("host", {}, spec));
      assert.equal(created.code, 0, created.stderr);
      const { spec: pod } = await eventually("its pod", () => clusters.get<Pod>("rome", "pod", "host", "-n", TWIN));
      assert.deepEqual(
        [pod?.hostNetwork ?? false, pod?.hostPID ?? false, pod?.hostIPC ?? false],
        [false, false, false],
      );
      await slice(["delete", "shadowpod", "host", "-n", TWIN]);
    });

    for (const [what, container, spec, violation] of [
      ["a privileged container", { securityContext: { privileged: true } }, {}, /privileged/],
      [
        "the node's files",
        { volumeMounts: [{ name: "root", mountPath: "/host" }] },
        { volumes: [{ name: "root", hostPath: { path: "/" } }] },
        /hostPath volumes/,
      ],
    ] as const) {
      it(`have not ${what}, and their owner is told`, async () => {
        const name = what.replaceAll(/[^a-z]/g, "");
        const object = {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace: "web" },
          spec: { containers: [{ name: "c", image: "nginx", ...container }], ...spec },
        };
        const created = await asAdmin(clusters, "milan", ["create", "-f", "-"], object);
        assert.equal(created.code, 0, created.stderr);
        await eventually("the refusal at home", async () => {
          const { status } = await clusters.get<Pod>("milan", "pod", name, "-n", "web");
          const told = [status?.message, ...(status?.conditions ?? []).map(({ message }) => message)].join(" ");
          assert.match(told, /violates PodSecurity "baseline:/);
          assert.match(told, violation);
          const events = await clusters.kubectl(
            "milan",
            "get",
            "events",
            "-n",
            "web",
            `--field-selector=involvedObject.name=${name}`,
          );
          assert.match(events, /violates PodSecurity/);
        });
        assert.match((await clusters.tryKubectl("rome", ["get", "pod", name, "-n", TWIN])).stderr, /not found/);
        await clusters.kubectl("milan", "delete", "pod", name, "-n", "web");
      });
    }

    it("cost the provider no time with absurd quantities", async () => {
      const startedMs = performance.now();
      const { code } = await slice(["create", "-f", "-"], shadowOf("nines", { cpu: "9".repeat(1_000_000) }));
      assert.notEqual(code, 0);
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 5_000, `answered after ${tookMs} ms`);
    });

    for (const [what, resources, spec] of [
      ["negative requests", { requests: { cpu: "-1000" } }, {}],
      ["limits without requests", { limits: { cpu: "100" } }, {}],
      ["resources of the whole pod", {}, { resources: { requests: { cpu: "100" } } }],
      [
        "init containers",
        {},
        { initContainers: [{ name: "i", image: "nginx", resources: { requests: { cpu: "100" } } }] },
      ],
    ] as const) {
      it(`do not evade the Quota with ${what}`, async () => {
        const name = `evade-${what.split(" ")[0]}`;
        const pod = {
          apiVersion: OFFLOADING_API,
          kind: "ShadowPod",
          metadata: shadowOf(name).metadata,
          spec: { pod: { containers: [{ name: "c", image: "nginx", resources }], ...spec } },
        };
        refused(
          await slice(["create", "-f", "-", "--validate=false"], pod),
          /exceeded quota|must not be negative|negative|not supported|invalid/i,
        );
      });
    }

    it("do not evade the Quota by coming all at once without a name", async () => {
      const many = Array.from({ length: 5 }, () => {
        const { name: _name, ...metadata } = shadowOf("x").metadata;
        return { ...shadowOf("x", { cpu: "1500m" }), metadata: { ...metadata, generateName: "burst-" } };
      });
      const outcomes = await Promise.all(many.map((object) => slice(["create", "-f", "-"], object)));
      // The Quota has 4 cpus.
      assert.equal(outcomes.filter(({ code }) => code === 0).length, 2);
      await slice(["delete", "shadowpods", "--all", "-n", TWIN]);
    });

    it("lead no traffic to the provider's own servers", async () => {
      const { items } = await clusters.get<{ items: EndpointSlice[] }>("rome", "endpointslices", "-n", "default");
      const apiServer =
        items.flatMap(({ endpoints }) => endpoints?.flatMap(({ addresses }) => addresses) ?? [])[0] ?? "";
      const endpoints = [apiServer, "10.96.0.1"].map((address) => ({
        addresses: [address],
        conditions: { ready: true },
      }));
      const object = {
        apiVersion: OFFLOADING_API,
        kind: "ShadowEndpointSlice",
        metadata: {
          ...shadowOf("loot").metadata,
          // Without a destination the consumer's own reflection does not take it for its own and back.
          labels: { "offloading.liqo.io/origin": "milan", "kubernetes.io/service-name": "loot" },
        },
        spec: { template: { addressType: "IPv4", endpoints, ports: [{ name: "https", port: 443, protocol: "TCP" }] } },
      };
      const created = await slice(["create", "-f", "-"], object);
      assert.equal(created.code, 0, created.stderr);
      const made = await eventually("its EndpointSlice", () =>
        clusters.get<EndpointSlice>("rome", "endpointslice", "loot", "-n", TWIN),
      );
      assert.deepEqual(made.endpoints ?? [], []);
      await slice(["delete", "shadowendpointslice", "loot", "-n", TWIN]);
    });
  });

  stolenAccounts(() => ({ clusters, identities }));
  hostileProvider(() => ({ clusters, identities }));
});

function asAdmin({ tryKubectl }: Clusters, cluster: string, args: readonly string[], object?: object) {
  return tryKubectl(cluster, args, object === undefined ? {} : { input: JSON.stringify(object) });
}

function sliceAt({ get }: Clusters, name: string): Promise<ResourceSlice> {
  return get<ResourceSlice>("rome", "resourceslices.authentication.liqo.io", name, "-n", TENANT);
}
