/** A provider whose API server nobody but its own cluster reaches: all of a peering goes through the tunnel. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { Identity } from "#api/authentication/identity.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { between } from "#engines/link-faults.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Kernels } from "#kit/kernels.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const ROME = "liqo-rome";
const GONE_MS = 30_000;

describe("in-band peering", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let folder: string;
  let kernels: Kernels;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "liqo-in-band-"));
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    kernels = await Kernels.look(clusters);
    // The gateways of the two go on talking; liqoctl runs on neither.
    await clusters.engine.machine?.setLinkFaults(between("milan", "rome", "api"));
  });
  after(async () => {
    await clusters?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("peer makes a node of what nobody reaches directly, for a peering user too", async () => {
    const user = join(folder, "rome-for-milan");
    writeFileSync(
      user,
      await clusters.liqoctl("generate", "peering-user", "--context", "rome", "--consumer-cluster-id", "milan"),
    );
    await clusters.liqoctl("peer", "--context", "milan", "--remote-kubeconfig", user, "--in-band");
    await clusters.kubectl("milan", "wait", "node", ROME, "--for=condition=Ready", "--timeout=60s");
    const urls = await Promise.all(
      ["controlplane-rome", "resourceslice-rome"].map(async (name) => {
        const { spec } = await clusters.get<Identity>("milan", "identity", name, "-n", "liqo-tenant-rome");
        return spec?.authParams?.proxyURL;
      }),
    );
    assert.match(urls[0] ?? "", /^http:\/\/10\.\d+\.\d+\.\d+:8118$/);
    assert.equal(urls[1], urls[0]);
    const status = await clusters.liqoctl("info", "--context", "milan");
    assert.match(status, /API server status: +Healthy/);
  });

  it("the provider is reached no other way", async () => {
    const { kubectl, tryKubectl } = clusters;
    const { spec } = await clusters.get<Identity>("milan", "identity", "controlplane-rome", "-n", "liqo-tenant-rome");
    await runPod("curl", "worker-node-1", ["sleep", "3600"]);
    await kubectl("milan", "wait", "pod", "curl", "--for=condition=Ready", "--timeout=60s");
    const curl = ["exec", "curl", "--", "curl", "-sk", "-m", "3", `${spec?.authParams?.apiServer}/version`];
    assert.notEqual((await tryKubectl("milan", curl)).code, 0);
    // Nor is anything else by the proxy.
    const proxied = await tryKubectl("milan", [
      ...["exec", "curl", "--", "curl", "-sk", "-m", "5", "-p", "-x", `${spec?.authParams?.proxyURL}`],
      "https://liqo-webhook.liqo.svc:443/version",
    ]);
    assert.match(proxied.stdout, /"major"|"reason": *"(Unauthorized|Forbidden)"/);
    const plain = await kubectl(
      "milan",
      ...["exec", "curl", "--", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", `${spec?.authParams?.proxyURL}`],
    );
    assert.equal(plain.trim(), "405");
  });

  it("pods run there; logs, exec and port-forward come back", async () => {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", "web");
    await liqoctl("offload", "namespace", "web", "--context", "milan");
    await runPod("away", ROME, PAGE_WITH_NAME, "web");
    await kubectl("milan", "wait", "pod", "away", "-n", "web", "--for=condition=Ready", "--timeout=60s");
    const { spec } = await clusters.get<Pod>("milan", "pod", "away", "-n", "web");
    assert.equal(spec?.nodeName, ROME);
    const page = ["exec", "-n", "web", "away", "--", "curl", "-s", "-m", "3", "127.0.0.1"];
    assert.equal((await kubectl("milan", ...page)).trim(), "away");
    const echoed = await clusters.tryKubectl("milan", ["exec", "-i", "-n", "web", "away", "--", "cat"], {
      input: "in\n",
    });
    assert.deepEqual([echoed.code, echoed.stdout], [0, "in\n"]);
    await eventually("the log", async () => {
      assert.match(await kubectl("milan", "logs", "-n", "web", "away"), /GET \/ |127\.0\.0\.1/);
    });
    await using forward = clusters.startKubectl("milan", "port-forward", "-n", "web", "pod/away", ":80");
    await eventually("the port", async () => {
      const port = /127\.0\.0\.1:(\d+)/.exec(forward.text)?.[1] ?? assert.fail(forward.text);
      assert.equal((await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim(), "away");
    });
  });

  it("goes on when the proxy starts anew", async () => {
    const { kubectl } = clusters;
    await kubectl("rome", "rollout", "restart", "deployment/liqo-proxy", "-n", "liqo");
    await kubectl("rome", "rollout", "status", "deployment/liqo-proxy", "-n", "liqo", "--timeout=60s");
    await runPod("later", ROME, PAGE_WITH_NAME, "web");
    await kubectl("milan", "wait", "pod", "later", "-n", "web", "--for=condition=Ready", "--timeout=60s");
  });

  it("unpeer leaves nothing at the provider, and in no kernel", async () => {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "delete", "namespace", "web");
    await liqoctl("unpeer", ...PEERS, "--delete-namespaces");
    assert.equal((await kubectl("milan", "get", "nodes", "-l", "liqo.io/type=virtual-node", "-o", "name")).trim(), "");
    await eventually(
      "no namespace of milan is left at rome",
      async () => {
        const names = await kubectl("rome", "get", "namespaces", "-o", "name");
        assert.doesNotMatch(names, /milan/);
      },
      GONE_MS,
    );
    await kernels.areAsBefore();
  });

  async function runPod(name: string, node: string, command: readonly string[], namespace = "default"): Promise<void> {
    const nodeSelector = { "kubernetes.io/hostname": node };
    const overrides = JSON.stringify({
      spec: { nodeSelector, containers: [{ name: "nginx", image: "nginx", command }] },
    });
    await clusters.kubectl("milan", "run", name, "-n", namespace, "--image=nginx", `--overrides=${overrides}`);
  }
});
