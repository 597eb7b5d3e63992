/** `liqoctl install` on a cluster that tells its CIDRs as one of kubeadm or kind does; Helm itself merges the values. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { needsOwnClusters } from "#engines/choose.ts";
import { CHART } from "#kit/chart.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

interface Values {
  readonly tag?: string;
  readonly discovery: {
    readonly config: { readonly clusterID: string; readonly clusterLabels: Readonly<Record<string, string>> };
  };
  readonly apiServer?: { readonly address?: string };
  readonly ipam: { readonly podCIDR: string; readonly serviceCIDR: string; readonly externalCIDR?: string };
  readonly controllerManager?: { readonly replicas?: number };
}

describe("liqoctl install", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  let liqoctl: (...args: readonly string[]) => Promise<string>;
  before(async () => {
    cluster = await takeCluster();
    liqoctl = (...args) => cluster.clusters.liqoctl(...args, "--context", "milan");
    const [{ podCidr = "", serviceCidr = "" } = {}] = cluster.clusters.clusters;
    await cluster.apply(staticPod(podCidr, serviceCidr));
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  test("--only-output-values writes what Helm takes, the later over the earlier", async () => {
    const path = cluster.file("dumped.yaml", "");
    const mine = cluster.file(
      "mine.yaml",
      "ipam: { externalCIDR: 10.75.0.0/16 }\ncontrollerManager: { replicas: 2 }\n",
    );
    const over = ["--values", mine, "--set", "controllerManager.replicas=3", "--set-string", "tag=1"];
    const flags = ["--cluster-id", "milan", "--cluster-labels", "liqo.io/provider=mine"];
    await liqoctl("install", "kubeadm", ...flags, ...over, "--only-output-values", "--dump-values-path", path);
    const values = parse(readFileSync(path, "utf8")) as Values;
    assert.equal(values.tag, "1");
    assert.equal(values.ipam.externalCIDR, "10.75.0.0/16");
    assert.equal(values.controllerManager?.replicas, 3);
    assert.deepEqual(values.discovery.config, {
      clusterID: "milan",
      clusterLabels: { "liqo.io/provider": "mine" },
    });
    const { code, stdout, stderr } = await cluster.run("helm", ["template", "liqo", CHART, "--values", path]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /ghcr.io\/liqo-ts\/liqo:1\n/);
    assert.equal(
      await cluster.kubectl("get", "namespaces", "-o", "name").then((names) => names.includes("liqo")),
      false,
    );
  });

  test("CIDRs that are not the cluster's are seen before the first change", async () => {
    const args = ["install", "--context", "milan", "--pod-cidr", "10.1.0.0/16", "--service-cidr", "10.2.0.0/16"];
    const { code, stderr } = await cluster.clusters.tryLiqoctl(args);
    assert.equal(code, 1);
    assert.match(stderr, /error: --(pod|service)-cidr \S+: (pod|Service) \S+ has the address \S+, which is outside/);
    assert.equal((await cluster.kubectl("get", "crds", "-o", "name")).includes("liqo.io"), false);
  });

  test("kind: Liqo runs with the CIDRs of kube-controller-manager; peers are told no address of this machine", async () => {
    await liqoctl("install", "kind", "--cluster-id", "milan");
    const [{ podCidr, serviceCidr } = {}] = cluster.clusters.clusters;
    const given = parse(
      await cluster.clusters.helm("milan", "get", "values", "liqo", "-n", "liqo", "-o", "yaml"),
    ) as Values;
    assert.deepEqual(given.ipam, { podCIDR: podCidr, serviceCIDR: serviceCidr, reservedSubnets: [] });
    assert.equal(given.apiServer, undefined);
    assert.match(await liqoctl("info"), /liqo.io\/provider *[=:] *kind/);
    assert.match(await liqoctl("info"), /healthy/);
    await liqoctl("uninstall", "--skip-confirm", "--purge");
  });

  /** As the kubelet of a control plane shows it; no node runs this one. */
  function staticPod(podCidr: string, serviceCidr: string): string {
    const labels = { component: "kube-controller-manager", tier: "control-plane" };
    const command = [
      "kube-controller-manager",
      "--allocate-node-cidrs=true",
      `--cluster-cidr=${podCidr}`,
      "--leader-elect=true",
      `--service-cluster-ip-range=${serviceCidr}`,
    ];
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "kube-controller-manager-control-plane", namespace: "kube-system", labels },
      spec: {
        hostNetwork: true,
        nodeSelector: { "example.com/none": "none" },
        containers: [
          { name: "kube-controller-manager", image: "registry.k8s.io/kube-controller-manager:v1.34.0", command },
        ],
      },
    });
  }
});
