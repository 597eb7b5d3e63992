/** Networks that give packets another sender than their pod: what Liqo does for them, and does so that they do not. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { Configuration } from "#api/networking/configuration.ts";
import { run } from "#base/run.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Kernels } from "#kit/kernels.ts";

const NAMESPACE = "web";
const BYPASS = "networking.fabric.config.gatewayMasqueradeBypass";
const NOTRACK = "networking.notrack.enabled";
const FULL = "networking.fabric.config.fullMasquerade";
const OVERLAY_PORT = 6091;
const SERVER = "events {} http { server { listen 80; return 200 $remote_addr; } }";

describe("networks that masquerade", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let nodes: readonly string[];
  let kernels: Kernels;

  before(async () => {
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 2 });
    const names = await clusters.kubectl(
      "rome",
      "get",
      "nodes",
      "-o",
      "name",
      "-l",
      "!node-role.kubernetes.io/control-plane",
    );
    nodes = names
      .trim()
      .split("\n")
      .map((name) => name.replace("node/", ""));
    for (const node of nodes) await masqueradeTowardsNodes(node);
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    kernels = await Kernels.look(clusters);
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
    await serve(clusters);
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("such a network changes the sender of overlay packets, unless it is kept from it", async () => {
    await forgetOverlay();
    await askAll();
    assert.ok((await masqueraded()) > 0, "this network masquerades no overlay packet: nothing is tested");
    await again("rome", "--set", `${BYPASS}=true`);
    await eventually("the node of the gateway keeps its address", async () => {
      assert.match(
        await clusters.kubectl("rome", "get", "firewallconfigurations", "-n", "liqo"),
        /-gw-masquerade-bypass/,
      );
      await forgetOverlay();
      await askAll();
      assert.equal(await masqueraded(), 0);
    });
    await again("rome", "--set", `${BYPASS}=false`);
    await eventually("nothing of it is left", async () => {
      assert.doesNotMatch(
        await clusters.kubectl("rome", "get", "firewallconfigurations", "-n", "liqo"),
        /-gw-masquerade-bypass/,
      );
    });
  });

  it("the overlay can be kept out of connection tracking", async () => {
    await forgetOverlay();
    await askAll();
    assert.ok((await tracked()) > 0);
    await again("rome", "--set", `${NOTRACK}=true`);
    await eventually("no node tracks it", async () => {
      await forgetOverlay();
      await askAll();
      assert.equal(await tracked(), 0);
    });
    await again("rome", "--set", `${NOTRACK}=false`);
    await eventually("nodes track it again", async () => {
      await askAll();
      assert.ok((await tracked()) > 0);
    });
  });

  it("with full masquerade the peer sees one address", async () => {
    const { items } = await clusters.get<{ items: readonly Configuration[] }>("rome", "configurations", "-A");
    const unknown = items[0]?.status?.remote?.cidr?.external?.[0]?.split("/")[0] ?? "";
    assert.ok(!(await askAll()).includes(unknown));
    await again("milan", "--set", `${FULL}=true`);
    await eventually(`it is ${unknown}`, async () => assert.deepEqual(await askAll(), [unknown]));
    await again("milan", "--set", `${FULL}=false`);
    await eventually("it is the pod's again", async () => assert.ok(!(await askAll()).includes(unknown)));
  });

  it("nodes keep nothing of all this", async () => {
    await clusters.kubectl("milan", "delete", "namespace", NAMESPACE);
    await clusters.liqoctl("unpeer", "--context", "milan", "--remote-context", "rome", "--delete-namespaces");
    await kernels.areAsBefore();
  });

  /** As kindnet: pods are seen by other nodes with their own node's address. Before Liqo's own tables, at 99, nothing. */
  async function masqueradeTowardsNodes(node: string): Promise<void> {
    const { podCidr = "" } = clusters.clusters.find(({ name }) => name === "rome") ?? {};
    // A named one: the counters of rules cannot be reset.
    const rules = `table ip kindnet {
      counter overlay {}
      chain postrouting {
        type nat hook postrouting priority 100; policy accept;
        ip saddr ${podCidr} ip daddr != ${podCidr} udp dport ${OVERLAY_PORT} counter name overlay masquerade
      }
    }`;
    await inNode(node, ["nft", "-f", "-"], rules);
  }

  /** How many flows of the overlay were masqueraded since they were forgotten. */
  async function masqueraded(): Promise<number> {
    const tables = await Promise.all(nodes.map((node) => inNode(node, ["nft", "list", "table", "ip", "kindnet"])));
    return tables.reduce((sum, text) => sum + Number(/packets (\d+)/.exec(text)?.[1]), 0);
  }

  /** How many flows of the overlay the nodes know. */
  async function tracked(): Promise<number> {
    const list = ["conntrack", "-L", "-p", "udp", "--orig-port-dst", `${OVERLAY_PORT}`];
    const flows = await Promise.all(nodes.map((node) => inNode(node, list)));
    return flows.flatMap((text) => text.split("\n")).filter((line) => line !== "").length;
  }

  /** So that the next packet is decided upon anew. */
  async function forgetOverlay(): Promise<void> {
    for (const node of nodes) {
      await inNode(node, ["nft", "reset", "counters", "table", "ip", "kindnet"]);
      await inNode(node, ["sh", "-c", `conntrack -D -p udp --orig-port-dst ${OVERLAY_PORT} || true`]);
    }
  }

  async function inNode(node: string, command: readonly string[], input?: string): Promise<string> {
    const namespace = machineOf(clusters.engine).nodeNamespace("rome", node);
    const options = input === undefined ? {} : { input };
    return (await run("ip", ["netns", "exec", namespace, ...command], options)).stdout;
  }

  async function again(name: string, ...more: readonly string[]): Promise<void> {
    const cluster = clusters.clusters.find((each) => each.name === name);
    assert.ok(cluster);
    await installLiqo(clusters, cluster, name, ...more);
  }

  /** Whom the pods at rome, one on each node, say that they were asked by: a pod at milan. */
  async function askAll(): Promise<string[]> {
    const { items } = await clusters.get<{ items: readonly Pod[] }>("milan", "pods", "-n", NAMESPACE, "-l", "app=web");
    const urls = items.map(({ status }) => `http://${status?.podIP}/`);
    assert.equal(urls.length, nodes.length);
    const ask = ["exec", "-n", NAMESPACE, "asker", "--", "curl", "-sS", "-m", "5", "-w", "\\n", ...urls];
    return [...new Set((await clusters.kubectl("milan", ...ask)).trim().split("\n"))];
  }
});

async function serve({ kubectl, tryKubectl, liqoctl }: Clusters): Promise<void> {
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  const start = 'printf "%s" "$CONFIGURATION" > /tmp/nginx.conf; exec nginx -c /tmp/nginx.conf -g "daemon off;"';
  const web = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" }, annotations: { "liqo.io/anti-affinity-preset": "hard" } },
        spec: {
          nodeSelector: { "liqo.io/type": "virtual-node" },
          containers: [
            {
              name: "nginx",
              image: "nginx",
              command: ["sh", "-c", start],
              env: [{ name: "CONFIGURATION", value: SERVER }],
              readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
  const asker = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "asker" },
    spec: {
      nodeSelector: { "kubernetes.io/hostname": "worker-node-1" },
      containers: [{ name: "nginx", image: "nginx" }],
    },
  };
  const list = { apiVersion: "v1", kind: "List", items: [web, asker] };
  const applied = await tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input: JSON.stringify(list) });
  assert.equal(applied.code, 0, applied.stderr);
  await kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=90s");
  await kubectl("milan", "wait", "pod/asker", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=60s");
}
