/** What liqoctl refuses: exit code 1, one clear message, nothing half-made, and the right input works afterwards. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { outcome } from "#kit/command.ts";
import { difference, inventory, settled } from "#kit/inventory.ts";

const CIDRS = ["--pod-cidr", "10.244.0.0/16", "--service-cidr", "10.96.0.0/16"] as const;
const TAKEN_PORT = 30333;
const LIQOCTL = join(import.meta.dirname, "../../.build/bundle/liqoctl.js");

interface Refusal {
  readonly args: readonly string[];
  readonly says: RegExp;
}

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string } }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  users: { name: string; user: Record<string, string> }[];
}

describe("liqoctl with bad input", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "liqo-bad-input-"));
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    await writeKubeconfigs();
  });

  after(async () => {
    await clusters?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("install checks flags, chart values and rights before the first change", async () => {
    const install = (...more: readonly string[]) => ["install", "--context", "milan", ...more];
    await refused([
      { args: install(), says: /--pod-cidr is missing\n {2}give both CIDRs, or let `liqoctl install kubeadm/ },
      {
        args: install("--pod-cidr", "banana", "--service-cidr", "10.96.0.0/16"),
        says: /--pod-cidr "banana": must be an IPv4 CIDR/,
      },
      {
        args: install("--pod-cidr", "10.96.0.0/12", "--service-cidr", "10.96.0.0/16"),
        says: /--pod-cidr 10.96.0.0\/12 and --service-cidr 10.96.0.0\/16 overlap/,
      },
      {
        args: install(...CIDRS, "--cluster-id", "Milan_1"),
        says: /--cluster-id "Milan_1": a lowercase RFC 1123 label/,
      },
      {
        args: install(...CIDRS, "--set", "ipam.externalCIDR=bad"),
        says: /'\/ipam\/externalCIDR': 'bad' does not match/,
      },
      { args: install(...CIDRS, "--timeout", "soon"), says: /must be a duration such as 90s or 10m/ },
      {
        args: ["install", ...CIDRS, "--kubeconfig", path("viewer"), "--context", "milan"],
        says: /missing rights on https:\S+: this user cannot patch customresourcedefinitions.apiextensions.k8s.io, create namespaces/,
      },
    ]);
  });

  it("peer names what is wrong with a kubeconfig or an API server", async () => {
    const peer = (remote: string) => [
      "peer",
      "--context",
      "milan",
      "--remote-context",
      "rome",
      "--remote-kubeconfig",
      remote,
    ];
    for (const { name } of clusters.clusters) await installAs(name, name);
    await refused([
      { args: ["peer", "--context", "milan"], says: /the remote cluster is not named\n {2}give --remote-kubeconfig/ },
      { args: peer("/nonexistent"), says: /kubeconfig \/nonexistent: cannot be read\n/ },
      {
        args: peer(path("garbage")),
        says: /garbage: is not valid YAML: Nested mappings are not allowed in compact mappings\n/,
      },
      { args: peer(path("empty")), says: /empty: is not a kubeconfig \(no clusters\)/ },
      {
        args: peer(path("unreachable")),
        says: /cannot reach the API server https:\/\/127.0.0.1:9: connect ECONNREFUSED/,
      },
      { args: peer(path("stranger")), says: /the API server https:\S+ does not accept these credentials/ },
      { args: ["peer", "--context", "nowhere", "--remote-context", "rome"], says: /context "nowhere" does not exist/ },
    ]);
  });

  it("peer refuses clusters that cannot be peered", async () => {
    const { liqoctl } = clusters;
    const peer = ["peer", "--context", "milan", "--remote-context", "rome"];
    await refused([
      {
        args: ["peer", "--context", "milan", "--remote-context", "milan"],
        says: /both clusters have the id "milan"\n {2}--remote-kubeconfig or --remote-context names the same cluster/,
      },
      {
        args: ["install", "--context", "rome", "--cluster-id", "milan", ...CIDRS],
        says: /Liqo is installed with the cluster id rome, which cannot change/,
      },
    ]);
    await liqoctl("uninstall", "--context", "rome", "--skip-confirm", "--purge");
    await refused([
      { args: peer, says: /Liqo is not installed in namespace liqo of the cluster https:\S+\n {2}install it with/ },
    ]);
    await installAs("rome", "milan");
    await refused([{ args: peer, says: /both clusters have the id "milan"\n {2}cluster ids must differ/ }]);
    await liqoctl("uninstall", "--context", "rome", "--skip-confirm", "--purge");
    await installAs("rome", "rome");
  });

  it("peer checks settings, rights and ports before the first change", async () => {
    const { kubectl } = clusters;
    await kubectl("rome", "create", "service", "nodeport", "taken", "--tcp=80", `--node-port=${TAKEN_PORT}`);
    const peer = (...more: readonly string[]) => ["peer", "--context", "milan", "--remote-context", "rome", ...more];
    const without =
      /missing rights on https:\S+: this user cannot create namespaces, create configurations.networking.liqo.io in namespace liqo-tenant-/;
    await refused([
      { args: peer("--cpu", "lots"), says: /cpu "lots": must be a quantity/ },
      { args: peer("--mtu", "5"), says: /--mtu 5: must be from 576 to/ },
      {
        args: peer("--gw-server-service-type", "Carrier"),
        says: /Allowed choices are LoadBalancer, NodePort, ClusterIP/,
      },
      { args: peer("--proxy-url", "ftp://rome"), says: /--proxy-url "ftp:\/\/rome": must be a URL such as http:/ },
      {
        args: [
          "peer",
          "--kubeconfig",
          path("viewer"),
          "--context",
          "milan",
          "--remote-kubeconfig",
          clusters.engine.kubeconfig,
          "--remote-context",
          "rome",
        ],
        says: without,
      },
      { args: peer("--remote-kubeconfig", path("viewer")), says: without },
    ]);
    const nodePort = ["--gw-server-service-type", "NodePort", "--gw-server-service-nodeport", String(TAKEN_PORT)];
    const { code, stderr } = await clusters.tryLiqoctl(peer(...nodePort));
    assert.equal(code, 1);
    assert.match(stderr, /spec.ports\[0\].nodePort: Invalid value: 30333: provided port is already allocated\n/);
    await clusters.liqoctl(...peer());
  });

  it("offload and unoffload refuse namespaces that are protected or absent", async () => {
    const offload = (...names: readonly string[]) => ["offload", "namespace", ...names, "--context", "milan"];
    const twin = ["--namespace-mapping-strategy", "SelectedName"];
    await refused([
      ...["default", "kube-system", "kube-public", "liqo", "liqo-tenant-rome"].map((name) => ({
        args: offload(name),
        says: new RegExp(`namespace ${name} is protected and cannot be offloaded\n`),
      })),
      {
        args: offload("nosuch"),
        says: /namespace nosuch does not exist on https:\S+\n {2}create it with `kubectl create namespace nosuch`/,
      },
      { args: offload(), says: /name the namespaces, or select them by --ns-selector/ },
      {
        args: offload("nosuch", ...twin),
        says: /--remote-namespace-name and --namespace-mapping-strategy SelectedName must be given together/,
      },
      {
        args: ["unoffload", "namespace", "nosuch", "--context", "milan", "--skip-confirm"],
        says: /namespace nosuch does not exist/,
      },
      {
        args: ["info", "peer", "nosuch", "--context", "milan"],
        says: /there is no peering with nosuch\n {2}there are peerings with rome/,
      },
      {
        args: ["info", "--context", "milan", "-g", "local.nosuch"],
        says: /there is no "nosuch"; there are clusterID, version/,
      },
      {
        args: ["unpeer", "--kubeconfig", path("viewer"), "--context", "milan", "--remote-context", "rome"],
        says: /missing rights on https:\S+: /,
      },
    ]);
  });

  it("unpeer changes nothing for a peer that only liqoctl does not reach, force unpeer for one that nobody knows", async () => {
    const remote = ["--remote-kubeconfig", path("unreachable"), "--remote-context", "rome"];
    await refused([
      {
        args: ["unpeer", "--context", "milan", ...remote, "--skip-confirm"],
        says: /ECONNREFUSED 127.0.0.1:9, but Liqo on https:\S+ does reach rome\n {2}check the kubeconfig of rome/,
      },
      {
        args: ["force", "unpeer", "nosuch", "--context", "milan", "--skip-confirm"],
        says: /remote cluster with ID nosuch not found\n {2}`kubectl get foreignclusters` lists/,
      },
    ]);
  });

  it("a missing Helm is named", async () => {
    // The program itself: its launcher would add the tools that set-up has fetched.
    const args = [LIQOCTL, "install", "--context", "milan", ...CIDRS];
    const env = { ...clusters.engine.env, PATH: folder, LIQO_PROJECT: folder };
    const { code, stderr } = await outcome(process.execPath, args, { env });
    assert.equal(code, 1);
    assert.match(stderr, /error: helm was not found\n {2}install Helm/);
  });

  /** Each with exit code 1 and its message, and nothing of either cluster changed. */
  async function refused(cases: readonly Refusal[]): Promise<void> {
    const earlier = await allObjects();
    for (const { args, says } of cases) {
      const { code, stderr } = await clusters.tryLiqoctl(args);
      assert.equal(code, 1, `liqoctl ${args.join(" ")}: exit code`);
      assert.match(stderr, says);
      assert.equal(stderr.match(/^error: /gm)?.length, 1, `one error of liqoctl ${args.join(" ")}: ${stderr}`);
    }
    assert.deepEqual(difference(earlier, await allObjects()), []);
  }

  async function allObjects(): Promise<string[]> {
    return (await Promise.all(clusters.clusters.map(({ name }) => inventory(clusters, name)))).flat();
  }

  async function installAs(cluster: string, id: string): Promise<void> {
    const [first] = clusters.clusters;
    assert.ok(first);
    await installLiqo(clusters, { ...first, name: cluster }, id);
    await settled(() => inventory(clusters, cluster));
  }

  function path(name: string): string {
    return join(folder, name);
  }

  async function writeKubeconfigs(): Promise<void> {
    const { kubectl } = clusters;
    const original = await kubectl("milan", "config", "view", "--raw", "-o", "json");
    const changed = (change: (config: Kubeconfig) => void): string => {
      const config = JSON.parse(original) as Kubeconfig;
      change(config);
      return JSON.stringify(config);
    };
    const tokens = new Map<string, string>();
    for (const { name } of clusters.clusters) {
      await kubectl(name, "create", "serviceaccount", "viewer");
      await kubectl(
        name,
        "create",
        "clusterrolebinding",
        "viewer",
        "--clusterrole=view",
        "--serviceaccount=default:viewer",
      );
      tokens.set(name, (await kubectl(name, "create", "token", "viewer")).trim());
    }
    const withToken = (tokenOf: (cluster: string) => string) =>
      changed((config) => {
        for (const { name, context } of config.contexts)
          config.users = [
            ...config.users.filter((user) => user.name !== context.user),
            { name: context.user, user: { token: tokenOf(name) } },
          ];
      });
    writeFileSync(path("garbage"), "this: is: not yaml");
    writeFileSync(path("empty"), "{}");
    writeFileSync(
      path("viewer"),
      withToken((cluster) => tokens.get(cluster) ?? ""),
    );
    writeFileSync(
      path("stranger"),
      withToken(() => "nobody-knows-me"),
    );
    writeFileSync(
      path("unreachable"),
      changed((config) => {
        for (const { cluster } of config.clusters) cluster.server = "https://127.0.0.1:9";
      }),
    );
  }
});
