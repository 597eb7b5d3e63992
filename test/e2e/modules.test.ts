/** A peering made and taken apart module by module, and one of nothing but what liqoctl prints and kubectl applies. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { type Outcome, outcome, output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { difference, names, settled } from "#kit/inventory.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const OF_ROME = ["--context", "milan", "--remote-cluster-id", "rome"] as const;
const OF_MILAN = ["--context", "rome", "--remote-cluster-id", "milan"] as const;
const SLICES = "resourceslices.authentication.liqo.io";
const NODE = "far";
// What a denied pod would need to be there.
const DENIED_MS = 3_000;
const GONE_MS = 30_000;

describe("peering module by module", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let objects: string[];
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "liqo-modules-"));
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    objects = await settled(() => allNames(clusters));
  });

  after(async () => {
    await clusters?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("network connect makes a tunnel, and again leaves it as it is", async () => {
    const { liqoctl } = clusters;
    await liqoctl("network", "connect", ...PEERS, "--wait", "--global-labels", "team=red");
    const before = await uids("gatewayservers,gatewayclients,configurations,publickeies");
    assert.equal(before.length, 6);
    await liqoctl("network", "connect", ...PEERS, "--wait", "--global-labels", "team=red");
    assert.deepEqual(await uids("gatewayservers,gatewayclients,configurations,publickeies"), before);
    const labelled = await clusters.kubectl("milan", "get", "configurations", "-A", "-l", "team=red", "-o", "name");
    assert.equal(labelled.trim(), "configuration.networking.liqo.io/rome");
  });

  it("authenticate gives milan an identity with which it may ask rome", async () => {
    await clusters.liqoctl("authenticate", ...PEERS);
    await clusters.liqoctl("authenticate", ...PEERS);
    const kubeconfig = join(folder, "controlplane");
    writeFileSync(kubeconfig, await clusters.liqoctl("get", "kubeconfig", "controlplane-rome", ...OF_ROME));
    await output("kubectl", ["--kubeconfig", kubeconfig, "get", SLICES, "-n", "liqo-tenant-milan"]);
  });

  it("create resourceslice and virtualnode make a node of what is granted", async () => {
    const { liqoctl } = clusters;
    const granted = await liqoctl("create", "resourceslice", NODE, ...OF_ROME, "--cpu", "3", "--no-virtual-node");
    assert.match(granted, /^RESOURCE +GRANTED\n/);
    assert.match(granted, /^cpu +3$/m);
    await liqoctl("create", "virtualnode", NODE, ...OF_ROME, "--resource-slice-name", NODE);
    const { status } = await clusters.get<Node>("milan", "node", NODE);
    assert.equal(status?.capacity?.["cpu"], "3");
  });

  it("pods run there and are reached over the network", async () => {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", "web");
    await liqoctl("offload", "namespace", "web", "--context", "milan");
    await run("home", "milan");
    await run("away", "rome");
    await kubectl("milan", "wait", "pod", "-n", "web", "--all", "--for=condition=Ready", "--timeout=60s");
    const { status } = await clusters.get<Pod>("milan", "pod", "away", "-n", "web");
    await eventually("home reaches away", async () => {
      const page = await kubectl(
        "milan",
        "exec",
        "-n",
        "web",
        "home",
        "--",
        "curl",
        "-s",
        "-m",
        "3",
        `${status?.podIP}`,
      );
      assert.equal(page.trim(), "away");
    });
  });

  it("a cordoned tenant gets no new pods, until it is uncordoned", async () => {
    const { kubectl, liqoctl } = clusters;
    await liqoctl("cordon", "tenant", "milan", "--context", "rome", "--skip-confirm");
    await run("late", "rome");
    await delay(DENIED_MS);
    assert.equal((await kubectl("rome", "get", "pods", "-n", "web-milan", "-o", "name")).trim(), "pod/away");
    await liqoctl("uncordon", "tenant", "milan", "--context", "rome");
    await kubectl("milan", "wait", "pod", "late", "-n", "web", "--for=condition=Ready", "--timeout=60s");
    const slice = ["resourceslice", NODE, ...OF_MILAN, "--skip-confirm"];
    for (const [verb, isCordoned] of [
      ["cordon", "true"],
      ["uncordon", ""],
    ] as const) {
      await liqoctl(verb, ...slice);
      const cordoned = await kubectl("rome", "get", "quotas", "-A", "-o", "jsonpath={.items[*].spec.cordoned}");
      assert.equal(cordoned, isCordoned);
    }
  });

  it("a drained tenant has nothing left, until it is activated", async () => {
    const { kubectl, liqoctl } = clusters;
    await liqoctl("drain", "tenant", "milan", "--context", "rome", "--skip-confirm");
    assert.equal((await kubectl("rome", "get", SLICES, "-A", "-o", "name")).trim(), "");
    await eventually(
      "the twin namespace is gone",
      async () =>
        assert.match((await clusters.tryKubectl("rome", ["get", "namespace", "web-milan"])).stderr, /not found/),
      GONE_MS,
    );
    await liqoctl("activate", "tenant", "milan", "--context", "rome");
    await eventually(
      "what milan asks for is back",
      async () => assert.match(await kubectl("rome", "get", SLICES, "-n", "liqo-tenant-milan", "-o", "name"), /\/far/),
      GONE_MS,
    );
  });

  it("is taken apart in the other order, and nothing is left", async () => {
    const { kubectl, liqoctl, tryLiqoctl } = clusters;
    await kubectl("milan", "delete", "namespace", "web");
    const early = await tryLiqoctl(["unauthenticate", ...PEERS]);
    assert.equal(early.code, 1);
    assert.match(early.stderr, /the authentication is in use: ResourceSlice far\n/);
    await liqoctl("delete", "virtualnode", NODE, "--context", "milan");
    await kubectl("milan", "wait", "virtualnodes", NODE, "-n", "liqo-tenant-rome", "--for=delete", "--timeout=60s");
    await liqoctl("delete", "resourceslice", NODE, "--context", "milan");
    await kubectl("milan", "wait", SLICES, NODE, "-n", "liqo-tenant-rome", "--for=delete", "--timeout=60s");
    await liqoctl("unauthenticate", ...PEERS);
    await liqoctl("network", "disconnect", ...PEERS, "--skip-confirm", "--wait");
    assert.deepEqual(await uids("gatewayservers,gatewayclients,publickeies,connections"), []);
    assert.equal((await uids("configurations")).length, 2);
    await liqoctl("network", "reset", ...PEERS, "--skip-confirm", "--wait");
    await liqoctl("unpeer", ...PEERS, "--delete-namespaces");
    await nothingLeft();
  });

  it("what liqoctl prints is a peering, applied twice by kubectl", async () => {
    const { get, liqoctl } = clusters;
    const rome = ["-n", "liqo-tenant-milan"];
    const milan = ["-n", "liqo-tenant-rome"];
    const server = await liqoctl("create", "gatewayserver", "milan", ...OF_MILAN, "-o", "yaml");
    await apply("rome", server);
    const cidrs = JSON.parse(await liqoctl("generate", "configuration", "--context", "rome", "-o", "json"));
    const { pod, external } = cidrs.spec.remote.cidr;
    const given = ["--pod-cidr", pod[0], "--external-cidr", external[0], "-o", "json"];
    await apply("milan", await liqoctl("create", "configuration", "rome", ...OF_ROME, ...given));
    await apply("rome", await liqoctl("generate", "configuration", "--context", "milan"), ...rome);
    const endpoint = await eventually("an endpoint", async () => {
      const { status } = await get<GatewayServer>("rome", "gatewayserver", "milan", ...rome);
      assert.ok(status?.endpoint?.addresses?.[0] !== undefined && status.secretRef !== undefined);
      return status.endpoint;
    });
    const dial = ["--addresses", `${endpoint.addresses?.join(",")}`, "--port", `${endpoint.port}`, "-o", "yaml"];
    await apply("milan", await liqoctl("create", "gatewayclient", "rome", ...OF_ROME, ...dial));
    await apply("milan", await printKey("rome", "server", "milan"), ...milan);
    await apply("rome", await printKey("milan", "client", "rome"), ...rome);
    await eventually("a connection", async () => {
      const value = await clusters.kubectl(
        "milan",
        "get",
        "connections",
        "-A",
        "-o",
        "jsonpath={.items[*].status.value}",
      );
      assert.equal(value, "Connected");
    });
    await apply("rome", await liqoctl("create", "nonce", ...OF_MILAN, "-o", "yaml"));
    const nonce = await eventually("a nonce", () => liqoctl("get", "nonce", ...OF_MILAN));
    await apply("rome", await liqoctl("generate", "tenant", ...OF_ROME, "--nonce", nonce.trim()), ...rome);
    const identity = await eventually("an identity", () => liqoctl("generate", "identity", ...OF_MILAN));
    await apply("milan", identity, ...milan);
    await apply("milan", await liqoctl("create", "resourceslice", "rome", ...OF_ROME, "-o", "yaml"));
    await eventually("a node", () =>
      clusters.kubectl("milan", "wait", "node", "liqo-rome", "--for=condition=Ready", "--timeout=10s"),
    );
    await liqoctl("unpeer", ...PEERS, "--delete-namespaces");
    await nothingLeft();
  });

  describe("a user of rome who may do nothing but peer from milan", () => {
    const user = ["--context", "rome", "--consumer-cluster-id", "milan"] as const;
    let kubeconfig: string;

    before(async () => {
      kubeconfig = join(folder, "peering-user");
      writeFileSync(kubeconfig, await clusters.liqoctl("generate", "peering-user", ...user));
    });

    it("is made once", async () => {
      const again = await clusters.tryLiqoctl(["generate", "peering-user", ...user]);
      assert.equal(again.code, 1);
      assert.match(again.stderr, /a user to peer from cluster milan exists already\n.*liqoctl delete peering-user/);
    });

    it("peers, again changing nothing", async () => {
      await clusters.liqoctl("peer", "--context", "milan", "--remote-kubeconfig", kubeconfig);
      const made = await uids("gatewayservers,gatewayclients,configurations,publickeies,tenants");
      await clusters.liqoctl("peer", "--context", "milan", "--remote-kubeconfig", kubeconfig);
      assert.deepEqual(await uids("gatewayservers,gatewayclients,configurations,publickeies,tenants"), made);
      await clusters.kubectl("milan", "wait", "node", "liqo-rome", "--for=condition=Ready", "--timeout=60s");
    });

    it("may do nothing else", async () => {
      await clusters.kubectl("rome", "create", "namespace", "liqo-tenant-other");
      await clusters.kubectl("rome", "create", "secret", "generic", "foreign", "-n", "liqo-tenant-milan");
      const tenant = ["-n", "liqo-tenant-milan"] as const;
      const other = ["-n", "liqo-tenant-other"] as const;
      const allowed = [
        ["get", "secret/liqo-nonce", ...tenant],
        ["get", "secret/gw-milan", ...tenant],
        ["list", "tenants", ...tenant],
      ] as const;
      const refused = [
        ["list", "secrets", ...tenant],
        ["get", "secret/foreign", ...tenant],
        ["create", "secrets", ...tenant],
        ["update", "secret/liqo-nonce", ...tenant],
        ["create", "serviceaccounts", "--subresource=token", ...tenant],
        ["create", "pods", ...tenant],
        ["create", "deployments.apps", ...tenant],
        ["create", "services", ...tenant],
        ["create", "roles.rbac.authorization.k8s.io", ...tenant],
        ["create", "rolebindings.rbac.authorization.k8s.io", ...tenant],
        ["update", "rolebindings.rbac.authorization.k8s.io", ...tenant],
        ["patch", "tenants", "--subresource=status", ...tenant],
        ["patch", "tenants", ...tenant],
        ["create", "resourceslices.authentication.liqo.io", ...tenant],
        ["create", "namespacemaps.offloading.liqo.io", ...tenant],
        ["create", "quotas.offloading.liqo.io", ...tenant],
        ["delete", "namespace/liqo-tenant-milan", ...tenant],
        ["list", "tenants", ...other],
        ["list", "configurations.networking.liqo.io", ...other],
        ["create", "gatewayservers.networking.liqo.io", ...other],
        ["get", "namespace/liqo-tenant-other", ...other],
        ["get", "secret/authentication-keys", "-n", "liqo"],
        ["list", "secrets", "-n", "liqo"],
        ["list", "pods", "-n", "liqo"],
        ["get", "deployments", "-n", "liqo"],
        ["update", "configmaps", "-n", "liqo"],
        ["create", "ips.ipam.liqo.io", "-n", "liqo"],
        ["list", "secrets", "-n", "kube-system"],
        ["list", "pods", "-A"],
        ["list", "secrets", "-A"],
        ["list", "namespaces"],
        ["create", "namespaces"],
        ["list", "nodes"],
        ["get", "nodes", "--subresource=proxy"],
        ["list", "foreignclusters"],
        ["create", "clusterrolebindings"],
        ["create", "certificatesigningrequests"],
        ["update", "certificatesigningrequests", "--subresource=approval"],
        ["impersonate", "users"],
        ["impersonate", "groups"],
        ["list", "customresourcedefinitions"],
        ["patch", "mutatingwebhookconfigurations"],
      ] as const;
      assert.deepEqual(
        await answers(allowed),
        allowed.map(() => "yes"),
      );
      assert.deepEqual(
        (await answers(refused)).map((said, i) => `${refused[i]?.join(" ")}: ${said}`),
        refused.map((request) => `${request.join(" ")}: no`),
      );
      // Asked for, and not about.
      for (const args of [
        ["get", "secrets", "-n", "liqo"],
        ["get", "pods", "-A"],
        ["create", "clusterrolebinding", "mine", "--clusterrole=cluster-admin", "--user=me"],
        ["create", "rolebinding", "mine", "--clusterrole=cluster-admin", "--user=me", ...tenant],
        ["run", "mine", "--image=nginx", ...tenant],
        ["get", "nodes", "--as=system:admin"],
      ])
        assert.match((await asUser(args)).stderr, /\(Forbidden\)|forbidden/i, args.join(" "));
    });

    it("ends the peering, and then its certificate is good for nothing", async () => {
      const refused = await clusters.tryLiqoctl([
        "unpeer",
        "--context",
        "milan",
        "--remote-kubeconfig",
        kubeconfig,
        "--delete-namespaces",
      ]);
      assert.match(refused.stderr, /cannot delete namespaces/);
      await clusters.liqoctl("unpeer", "--context", "milan", "--remote-kubeconfig", kubeconfig);
      assert.deepEqual(await uids("gatewayservers,gatewayclients,configurations,publickeies,tenants"), []);
      await clusters.liqoctl("delete", "peering-user", ...user);
      await clusters.liqoctl("delete", "peering-user", ...user);
      const former = kubeconfig;
      kubeconfig = join(folder, "peering-user-again");
      writeFileSync(kubeconfig, await clusters.liqoctl("generate", "peering-user", ...user));
      const listing = ["get", "tenants", "-n", "liqo-tenant-milan"];
      assert.equal((await asUser(listing)).code, 0);
      assert.match((await asUser(listing, former)).stderr, /\(Forbidden\)/);
      assert.match(
        (await clusters.tryLiqoctl(["peer", "--context", "milan", "--remote-kubeconfig", former])).stderr,
        /forbidden/i,
      );
      await clusters.liqoctl("delete", "peering-user", ...user);
      await clusters.kubectl("rome", "delete", "namespace", "liqo-tenant-other");
      await clusters.liqoctl("unpeer", ...PEERS, "--delete-namespaces");
      await nothingLeft();
    });

    function asUser(args: readonly string[], path = kubeconfig): Promise<Outcome> {
      return outcome("kubectl", ["--kubeconfig", path, ...args]);
    }

    /** One line of `kubectl auth can-i` each. */
    async function answers(requests: readonly (readonly string[])[]): Promise<string[]> {
      const said: string[] = [];
      for (const request of requests) said.push((await asUser(["auth", "can-i", ...request])).stdout.trim());
      return said;
    }
  });

  it("kubectl liqo is the same program, and kubectl completes its words", async () => {
    const bin = join(import.meta.dirname, "../../bin");
    const env = { ...clusters.engine.env, PATH: `${bin}:${process.env["PATH"]}` };
    const kubectl = (...args: readonly string[]) => output("kubectl", args, { env });
    assert.equal((await kubectl("liqo", "info", "--context", "milan", "-g", "clusterid")).trim(), "milan");
    assert.match(await kubectl("liqo", "peer", "--help"), /^Usage: kubectl liqo peer .*\$ kubectl liqo peer --remote/s);
    assert.match(await kubectl("__complete", "liqo", "network", "dis"), /^disconnect\t/);
  });

  async function run(name: string, cluster: "milan" | "rome"): Promise<void> {
    const nodeSelector =
      cluster === "rome" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
    const containers = [{ name: "nginx", image: "nginx", command: PAGE_WITH_NAME }];
    const overrides = JSON.stringify({ spec: { nodeSelector, containers } });
    await clusters.kubectl("milan", "run", name, "-n", "web", "--image=nginx", `--overrides=${overrides}`);
  }

  async function uids(kinds: string): Promise<string[]> {
    const of = ({ name }: { readonly name: string }) =>
      clusters.kubectl(name, "get", kinds, "-A", "-o", "jsonpath={.items[*].metadata.uid}");
    return (await Promise.all(clusters.clusters.map(of))).flatMap((text) =>
      text.split(" ").filter((uid) => uid !== ""),
    );
  }

  /** Once more changes nothing. */
  async function apply(cluster: string, input: string, ...more: readonly string[]): Promise<void> {
    for (const outcome of [/created|configured/, /unchanged/]) {
      const { code, stdout, stderr } = await clusters.tryKubectl(cluster, ["apply", ...more, "-f", "-"], { input });
      assert.equal(code, 0, stderr);
      assert.match(stdout, outcome);
      assert.ok(!stdout.includes("configured") || outcome.source !== "unchanged", stdout);
    }
  }

  function printKey(context: string, type: string, name: string): Promise<string> {
    const gateway = ["--gateway-type", type, "--gateway-name", name];
    return eventually("a key", () => clusters.liqoctl("generate", "publickey", "--context", context, ...gateway));
  }

  function nothingLeft(): Promise<void> {
    return eventually(
      "both clusters are as they were",
      async () => assert.deepEqual(difference(objects, await allNames(clusters)), []),
      GONE_MS,
    );
  }
});

async function allNames(clusters: Clusters): Promise<string[]> {
  const lists = await Promise.all(
    clusters.clusters.map(async ({ name }) => (await names(clusters, name)).map((line) => `${name} ${line}`)),
  );
  return lists.flat();
}
