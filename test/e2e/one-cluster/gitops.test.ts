/**
 * The chart in the hands of tools that render and apply it (Argo CD, Flux's kustomize), and removed without its hook: no
 * drift while it is there, nothing left when it is gone.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ValidatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import type { Network } from "#api/ipam/network.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { CHART, parseManifest, REQUIRED_VALUES, setFlags, template } from "#kit/chart.ts";
import { eventually } from "#kit/eventually.ts";
import { difference, names } from "#kit/inventory.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";
import type { KubeObject } from "#machinery/meta.ts";

const NAMESPACE = ["-n", "liqo"] as const;
const GONE_MS = 30_000;
/** What stays is Liqo's namespace, and in it the keys by which peers would know this cluster again. */
const STAYS =
  /^\+ (Namespace -\/liqo|Secret liqo\/(authentication-keys|liqo-webhook-certs)|ConfigMap liqo\/kube-root-ca\.crt|ServiceAccount liqo\/default)$/;
/** As Argo CD applies, what is not named coming last. Argo CD: gitops-engine/pkg/sync/sync_tasks.go */
const ARGO_ORDER = [
  ...["PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap", "ClusterRole", "ClusterRoleBinding"],
  ...["Role", "RoleBinding", "Service", "DaemonSet", "Deployment", "Job"],
];

describe("the chart, rendered and applied", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  let manifest: string;
  let empty: string[];

  before(async () => {
    cluster = await takeCluster();
    await cluster.kubectl("apply", "--server-side", "-f", join(CHART, "crds"));
    await cluster.kubectl("wait", "--for=condition=Established", "-f", join(CHART, "crds"), "--timeout=60s");
    empty = await names(cluster.clusters, "milan");
    await cluster.kubectl("create", "namespace", "liqo");
    manifest = inArgosOrder(await template({}, "--no-hooks"));
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  for (const [name, ...flags] of [["client-side"], ["server-side", "--server-side"]] as const) {
    describe(`${name} apply`, { concurrency: 1 }, () => {
      test("one pass is enough, and Liqo runs", async () => {
        await cluster.apply(manifest, ...NAMESPACE, ...flags);
        for (const what of ["deployments", "daemonset/liqo-fabric"])
          await cluster.kubectl("rollout", "status", what, ...NAMESPACE, "--timeout=60s");
        await eventually("its controllers have done what they do", controllersRan);
      });

      test("what they did is no drift", async () => {
        assert.deepEqual(await drift(...flags), { code: 0, stdout: "", stderr: "" });
      });

      test("applied again it takes no field away from them", async () => {
        const before = await cluster.get<ValidatingWebhookConfiguration>(...WEBHOOKS);
        await cluster.apply(manifest, ...NAMESPACE, ...flags);
        const { webhooks } = await cluster.get<ValidatingWebhookConfiguration>(...WEBHOOKS);
        assert.deepEqual(webhooks, before.webhooks);
        assert.deepEqual(await drift(...flags), { code: 0, stdout: "", stderr: "" });
      });

      test("deleted, it leaves nothing", async () => {
        const { code, stderr } = await cluster.tryKubectl(["delete", "-f", "-", ...NAMESPACE], { input: manifest });
        assert.equal(code, 0, stderr);
        await nothingIsLeft();
      });
    });
  }

  describe("helm uninstall", { concurrency: 1 }, () => {
    test("is refused while something depends on Liqo, which goes on", async () => {
      await helm("install", "liqo", CHART, "--skip-crds", "--wait", "--timeout", "60s", ...setFlags(REQUIRED_VALUES));
      await eventually("its controllers have done what they do", controllersRan);
      await cluster.kubectl("create", "namespace", "web");
      const offloading = { apiVersion: "offloading.liqo.io/v1beta1", kind: "NamespaceOffloading" };
      const spec = { podOffloadingStrategy: "LocalAndRemote" };
      await cluster.apply(JSON.stringify({ ...offloading, metadata: { name: "offloading", namespace: "web" }, spec }));
      const { code, stderr } = await cluster.run("helm", ["uninstall", "liqo", ...NAMESPACE, "--timeout", "60s"]);
      assert.equal(code, 1);
      assert.match(stderr, /liqo-pre-delete/);
      assert.match(
        await cluster.kubectl("logs", "job/liqo-pre-delete", ...NAMESPACE),
        /Liqo is still in use: NamespaceOffloading web\/offloading/,
      );
      // Helm has written down an uninstallation in progress by then: that must not keep anybody from going on.
      const [{ podCidr = "", serviceCidr = "" } = {}] = cluster.clusters.clusters;
      const cidrs = ["--pod-cidr", podCidr, "--service-cidr", serviceCidr];
      await cluster.clusters.liqoctl("install", "--context", "milan", ...cidrs);
      assert.match(await helm("status", "liqo"), /^STATUS: deployed$/m);
      await cluster.kubectl("delete", "namespace", "web", "--timeout=60s");
    });

    test("alone it leaves nothing, neither does it without its hook", async () => {
      await helm("uninstall", "liqo", "--wait", "--timeout", "60s");
      await nothingIsLeft();
      await helm("install", "liqo", CHART, "--skip-crds", "--wait", "--timeout", "60s", ...setFlags(REQUIRED_VALUES));
      await eventually("its controllers have done what they do", controllersRan);
      await helm("uninstall", "liqo", "--no-hooks", "--wait", "--timeout", "60s");
      await nothingIsLeft();
    });
  });

  const WEBHOOKS = ["validatingwebhookconfiguration", "liqo-validating-webhook"] as const;

  /** Each of them writes to an object of the chart. */
  async function controllersRan(): Promise<void> {
    const { webhooks } = await cluster.get<ValidatingWebhookConfiguration>(...WEBHOOKS);
    assert.ok(webhooks?.every(({ clientConfig }) => clientConfig.caBundle !== undefined));
    const { items } = await cluster.get<{ items: Network[] }>("networks.ipam.liqo.io", ...NAMESPACE);
    assert.ok(items.length > 0 && items.every(({ status }) => status?.cidr !== undefined));
    const owned = await cluster.get<{ items: KubeObject[] }>("ips.ipam.liqo.io,internalnodes", "-A");
    assert.ok(owned.items.length >= 3 && owned.items.every(({ metadata }) => metadata?.ownerReferences?.length === 1));
  }

  /** 0 when a tool would find nothing to do. */
  async function drift(...flags: readonly string[]) {
    // Nodes report, and a diff of an object that changes meanwhile says so.
    return eventually("a moment without changes of state", async () => {
      const found = await cluster.tryKubectl(["diff", ...flags, ...NAMESPACE, "-f", "-"], { input: manifest });
      assert.doesNotMatch(found.stderr, /keeps changing/);
      return found;
    });
  }

  async function nothingIsLeft(): Promise<void> {
    await eventually(
      "nothing is left but the namespace and its keys",
      async () => {
        const left = difference(empty, await names(cluster.clusters, "milan"));
        assert.deepEqual(
          left.filter((line) => !STAYS.test(line)),
          [],
        );
      },
      GONE_MS,
    );
  }

  async function helm(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await cluster.run("helm", [...args, ...NAMESPACE]);
    assert.equal(code, 0, `helm ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }
});

function inArgosOrder(manifest: string): string {
  const place = ({ kind = "" }: KubeObject): number => {
    const found = ARGO_ORDER.indexOf(kind);
    return found < 0 ? ARGO_ORDER.length : found;
  };
  const objects = parseManifest(manifest).sort((a, b) => place(a) - place(b));
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}
