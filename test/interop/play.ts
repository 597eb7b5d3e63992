/** The steps that are played between two clusters, one after the other: from peering to unpeering. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "kubernetes-types/batch/v1";
import type { ConfigMap, Node, Pod, Secret, Service } from "kubernetes-types/core/v1";
import type { Ingress } from "kubernetes-types/networking/v1";
import type { Connection } from "#api/networking/connection.ts";
import type { Clusters } from "#kit/clusters.ts";
import { outcome, output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { Shopper } from "#kit/shopper.ts";
import { manifest, PAGE, PASSWORD } from "./manifest.ts";
import type { Upstream } from "./upstream.ts";

export interface Play {
  readonly consumer: string;
  readonly provider: string;
  readonly isNetworked: boolean;
  /** Whose liqoctl drives it. */
  readonly cli: "ours" | "upstream's";
  /** To be offloaded: another one in each play, so that nothing of an earlier one counts. */
  readonly namespace: string;
}

export interface Step {
  readonly name: string;
  run(): Promise<unknown>;
}

/** Names of the two clusters, which are also their ids. */
export const OURS = "ours";
export const THEIRS = "theirs";
export const STEP_NAMES = [
  "peer",
  "node",
  "network",
  "offload",
  "pod",
  "logs",
  "exec",
  "attach",
  "port-forward",
  "service",
  "configmap",
  "secret",
  "job",
  "ingress",
  "unoffload",
  "unpeer",
] as const;
const GONE_MS = 30_000;

/** The steps of the play, in order; without network there is none to look at. */
export function stepsOf(play: Play, upstream: Upstream, clusters: Clusters): Step[] {
  const { consumer, provider, namespace } = play;
  const twin = `${namespace}-${consumer}`;
  const home = (...args: readonly string[]) => clusters.kubectl(consumer, "-n", namespace, ...args);
  const atProvider = <T>(kind: string, name: string) => clusters.get<T>(provider, kind, name, "-n", twin);
  const liqoctl = (...args: readonly string[]) =>
    play.cli === "ours"
      ? clusters.liqoctl(...args)
      : output(join(upstream.bin, "liqoctl"), args, { env: clusters.engine.env });
  const peers = ["--context", consumer, "--remote-context", provider];
  const run: Readonly<Record<(typeof STEP_NAMES)[number], () => Promise<unknown>>> = {
    peer: () => liqoctl("peer", ...peers, ...(play.isNetworked ? [] : ["--networking-disabled"])),
    node: () => eventually("the virtual node is ready", () => requireReadyNode(clusters, play)),
    network: async () => {
      for (const cluster of [consumer, provider]) {
        await eventually(`${cluster} sees the tunnel`, async () => {
          const { items } = await clusters.get<{ items: Connection[] }>(cluster, "connections", "-A");
          assert.deepEqual(
            items.map(({ status }) => status?.value),
            ["Connected"],
          );
        });
      }
    },
    offload: async () => {
      await clusters.kubectl(consumer, "create", "namespace", namespace);
      await liqoctl("offload", "namespace", namespace, "--context", consumer, "--pod-offloading-strategy", "Remote");
      await clusters.kubectl(provider, "get", "namespace", twin);
    },
    pod: async () => {
      await clusters.tryKubectl(consumer, ["-n", namespace, "apply", "-f", "-"], { input: manifest() });
      await home("wait", "--for=condition=Ready", "pod/site", "pod/echo", "--timeout=60s");
      const { spec, status } = await clusters.get<Pod>(consumer, "pod", "site", "-n", namespace);
      assert.equal(spec?.nodeName, (await virtualNodeOf(clusters, play)).metadata?.name);
      assert.equal(status?.phase, "Running");
      // Without a network we show no address, since none could be used; upstream shows the provider's.
      assert.ok(status?.podIP !== undefined || !play.isNetworked);
      assert.equal((await atProvider<Pod>("pod", "site")).status?.phase, "Running");
    },
    logs: () => eventually("the log", async () => assert.match(await home("logs", "site"), /^started$/m)),
    exec: async () => {
      assert.equal(
        await home("exec", "site", "--", "cat", "/page/index.html", "/credentials/password"),
        PAGE + PASSWORD,
      );
      const args = ["-n", namespace, "exec", "-i", "site", "--", "sh", "-c", "cat; exit 7"];
      const { code, stdout } = await clusters.tryKubectl(consumer, args, { input: "through both" });
      assert.equal(stdout, "through both");
      // Upstream's virtual kubelet wraps the error that carries the code, and kubectl sees an internal one.
      assert.equal(code, consumer === OURS ? 7 : 1);
    },
    attach: async () => {
      // It stays attached to the output when the input has ended, and is cut off.
      const attach = `(echo hello; sleep 2) | timeout 2 kubectl --context ${consumer} -n ${namespace} attach -i echo`;
      const { stdout } = await outcome("sh", ["-c", attach], { env: clusters.engine.env });
      assert.match(stdout, /got hello/);
      assert.match(await home("logs", "echo"), /got hello/);
    },
    "port-forward": async () => {
      await using forward = clusters.startKubectl(consumer, "port-forward", "-n", namespace, "pod/site", ":8080");
      const port = await eventually("port-forward listens", () => {
        const [, found] = /Forwarding from 127\.0\.0\.1:(\d+) -> 8080/.exec(forward.text) ?? [];
        assert.ok(found, forward.text);
        return found;
      });
      assert.equal((await new Shopper(`http://127.0.0.1:${port}`).visit("/")).text, PAGE);
    },
    service: () =>
      eventually("the Service in the twin", async () => {
        const { spec } = await atProvider<Service>("service", "web");
        assert.deepEqual([spec?.type, spec?.ports?.[0]?.port], ["ClusterIP", 80]);
      }),
    configmap: async () => {
      assert.equal((await atProvider<ConfigMap>("configmap", "page")).data?.["index.html"], PAGE);
      await home("patch", "configmap", "page", "--type=merge", "-p", '{"data":{"more":"later"}}');
      await eventually("the change in the twin", async () =>
        assert.equal((await atProvider<ConfigMap>("configmap", "page")).data?.["more"], "later"),
      );
    },
    secret: async () => {
      const { data } = await atProvider<Secret>("secret", "credentials");
      assert.equal(Buffer.from(data?.["password"] ?? "", "base64").toString(), PASSWORD);
    },
    job: async () => {
      await home("wait", "--for=condition=Complete", "job/sum", "--timeout=60s");
      assert.equal((await clusters.get<Job>(consumer, "job", "sum", "-n", namespace)).status?.succeeded, 1);
    },
    ingress: () =>
      eventually("the Ingress in the twin", async () => {
        const { spec } = await atProvider<Ingress>("ingress", "web");
        assert.equal(spec?.rules?.[0]?.host, "web.example.com");
      }),
    unoffload: async () => {
      await liqoctl("unoffload", "namespace", namespace, "--context", consumer, "--skip-confirm");
      await requireAbsent(clusters, provider, "namespace", twin);
      await clusters.kubectl(consumer, "delete", "namespace", namespace, "--timeout=60s");
    },
    unpeer: async () => {
      await liqoctl("unpeer", ...peers);
      await requireAbsent(clusters, consumer, "nodes", "-l", "liqo.io/type=virtual-node");
      await requireAbsent(clusters, provider, "tenants.authentication.liqo.io", "-A");
      for (const cluster of [consumer, provider]) await requireAbsent(clusters, cluster, "connections", "-A");
    },
  };
  return STEP_NAMES.filter((name) => name !== "network" || play.isNetworked).map((name) => ({ name, run: run[name] }));
}

/** Upstream calls it like the ResourceSlice; we put `liqo-` before. */
async function virtualNodeOf(clusters: Clusters, { consumer, provider }: Play): Promise<Node> {
  const selector = `liqo.io/type=virtual-node,liqo.io/remote-cluster-id=${provider}`;
  const { items } = await clusters.get<{ items: Node[] }>(consumer, "nodes", "-l", selector);
  const [node] = items;
  assert.ok(node !== undefined && items.length === 1, `${items.length} virtual nodes`);
  return node;
}

async function requireReadyNode(clusters: Clusters, play: Play): Promise<void> {
  const { status } = await virtualNodeOf(clusters, play);
  assert.equal(status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
}

async function requireAbsent(clusters: Clusters, cluster: string, ...what: readonly string[]): Promise<void> {
  await eventually(
    `no ${what.join(" ")} on ${cluster}`,
    async () => assert.equal(await clusters.kubectl(cluster, "get", ...what, "-o", "name", "--ignore-not-found"), ""),
    GONE_MS,
  );
}
