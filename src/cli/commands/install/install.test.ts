import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { networks } from "#api/ipam/network.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import type { LiqoctlOutcome } from "#kit/liqoctl.ts";
import { seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import {
  configMaps,
  customResourceDefinitions,
  deployments,
  namespaces,
  pods,
  secrets,
  services,
} from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";

const LIST = "list --uninstalling --filter ^liqo$ --output json --namespace liqo";
const CIDRS = "--pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16";

describe("install and uninstall", () => {
  let clusters: CliClusters;
  let folder: string;

  before(async () => {
    clusters = await startCliClusters();
    folder = mkdtempSync(join(tmpdir(), "liqoctl-install-"));
    // Helm itself is another program: this one writes down what it is asked.
    const script = `#!/bin/sh
echo "$@" >> ${folder}/asked
cat > ${folder}/values
[ ! -e ${folder}/fails ] || { cat ${folder}/fails >&2; exit 1; }
[ "$1" != list ] || cat ${folder}/listed 2>/dev/null || echo '[]'
case "$*" in *" --dry-run="*" --output json"*) ! cat ${folder}/rendered 2>/dev/null || exit 0 ;; esac
[ "$1" != install ] || echo '{"chart": {"values": {"a": 1, "tag": ""}}, "config": {"a": 2}}'
`;
    writeFileSync(join(folder, "helm"), script);
    chmodSync(join(folder, "helm"), 0o755);
    mkdirSync(join(folder, "chart/crds"), { recursive: true });
    const { ctx, consumer } = clusters;
    const crd = await consumer.client.get(ctx, customResourceDefinitions, { name: "ips.ipam.liqo.io" });
    const { spec, metadata } = crd;
    const written = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: metadata?.name },
      spec,
    };
    writeFileSync(join(folder, "chart/crds/ipam.liqo.io_ips.yaml"), JSON.stringify(written));
    await consumer.client.create(ctx, services, {
      metadata: { name: "web", namespace: "default" },
      spec: { clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7"], ports: [{ port: 80 }] },
    });
    const labels = { a: "b" };
    await createWithStatus(ctx, consumer.client, deployments, {
      metadata: { name: "liqo-controller-manager", namespace: "liqo" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "manager", image: "liqo:v1.2.0" }] } },
      },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await clusters[Symbol.asyncDispose]();
  });

  async function liqoctl(
    args: string,
    answer?: string,
  ): Promise<LiqoctlOutcome & { readonly helm: readonly string[] }> {
    const path = process.env["PATH"];
    process.env["PATH"] = `${folder}:${path}`;
    rmSync(join(folder, "asked"), { force: true });
    writeFileSync(join(folder, "asked"), "");
    try {
      const outcome = await clusters.liqoctl(args, answer);
      const helm = readFileSync(join(folder, "asked"), "utf8").trimEnd().split("\n");
      return {
        ...outcome,
        helm: helm.map((line) => line.replaceAll(folder, "").replaceAll(clusters.kubeconfig, "kc")),
      };
    } finally {
      process.env["PATH"] = path;
    }
  }

  const settings = (): unknown => parse(readFileSync(join(folder, "values"), "utf8"));

  test("install renders first, then applies CRDs and chart, and waits for the controllers", async () => {
    const flags = `${CIDRS} --local-chart-path ${folder}/chart --set a=1 --set b=2 --set-string c=3 --values my.yaml`;
    const labels = "--cluster-labels topology.io/region=eu --reserved-subnets 10.1.0.0/16,10.2.0.0/16";
    const server = "--api-server-url https://a:1 --disable-api-server-sanity-check --version v7 --disable-telemetry";
    const { code, stdout, stderr, helm } = await liqoctl(`install ${flags} ${labels} ${server}`);
    assert.equal(code, 0, stderr);
    const release =
      "liqo /chart --namespace liqo --skip-crds --values - --values my.yaml --set a=1 --set b=2 --set-string c=3";
    const access = "--kubeconfig kc";
    assert.deepEqual(helm, [
      `template ${release} ${access}`,
      `${LIST} ${access}`,
      `upgrade --install --create-namespace ${release} ${access}`,
    ]);
    assert.deepEqual(settings(), {
      tag: "v7",
      discovery: { config: { clusterID: "cluster-a", clusterLabels: { "topology.io/region": "eu" } } },
      apiServer: { address: "https://a:1" },
      ipam: {
        podCIDR: "10.244.0.0/16",
        serviceCIDR: "10.96.0.0/16",
        reservedSubnets: ["10.1.0.0/16", "10.2.0.0/16"],
      },
    });
    assert.match(stderr, /✓ \(local\) liqo-controller-manager is ready/);
    assert.match(stdout, /^\nLiqo is installed on cluster-a\.\n {2}Next: liqoctl peer/);
  });

  test("over upstream's Liqo it asks first, and changes nothing without a yes", async () => {
    const { ctx, consumer } = clusters;
    const key = { namespace: "liqo", name: "liqo-crd-replicator" };
    const labels = { app: "replicator" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "example.com/liqo" }] } };
    const metadata = { ...key, labels: { "app.kubernetes.io/version": "v1.0.1" } };
    const spec = { selector: { matchLabels: labels }, template };
    await consumer.client.create(ctx, deployments, { metadata, spec });
    const install = `install ${CIDRS} --local-chart-path ${folder}/chart`;
    const change = (helm: readonly string[]) => helm.some((line) => line.startsWith("upgrade "));
    for (const answer of [undefined, "n"]) {
      const { code, stderr, helm } = await liqoctl(install, answer);
      assert.deepEqual([code, change(helm)], [1, false], stderr);
      assert.match(
        stderr,
        /holds upstream's Liqo v1\.0\.1 \(Deployments liqo-crd-replicator\), which would be replaced/,
      );
    }
    for (const [args, answer] of [
      [install, "y"],
      [`${install} --skip-confirm`, undefined],
    ] as const) {
      const { code, stderr, helm } = await liqoctl(args, answer);
      assert.deepEqual([code, change(helm)], [0, true], stderr);
    }
    await consumer.client.delete(ctx, deployments, key);
  });

  test("an uninstallation that was refused is taken back: Helm would not upgrade what it uninstalls", async () => {
    writeFileSync(join(folder, "listed"), '[{"name":"liqo","revision":"7","status":"uninstalling"}]');
    const { code, stderr, helm } = await liqoctl(`install ${CIDRS} --local-chart-path ${folder}/chart`);
    rmSync(join(folder, "listed"));
    assert.equal(code, 0, stderr);
    const rollback = "rollback liqo 7 --namespace liqo --kubeconfig kc";
    assert.deepEqual(helm.slice(1, 3), [`${LIST} --kubeconfig kc`, rollback]);
  });

  test("--only-output-values writes what the chart would be given, and changes nothing", async () => {
    const path = join(folder, "dumped.yaml");
    const flags = `${CIDRS} --local-chart-path ${folder}/chart --only-output-values --dump-values-path ${path}`;
    const { code, stderr, helm } = await liqoctl(`upgrade ${flags} --set a=2`);
    assert.equal(code, 0, stderr);
    assert.deepEqual(helm, [
      "install liqo /chart --namespace liqo --skip-crds --values - --set a=2 --dry-run=client --output json --kubeconfig kc",
    ]);
    assert.deepEqual(parse(readFileSync(path, "utf8")), { a: 2, tag: "" });
    assert.match(stderr, /✓ \(local\) Values of the chart written to .*dumped.yaml/);
    const nowhere = await liqoctl(`install ${CIDRS} --only-output-values --dump-values-path ${folder}/no/where`);
    assert.match(nowhere.stderr, /error: --dump-values-path .*where: ENOENT/);
  });

  test("kubeadm and kind read the flags of kube-controller-manager; the cluster says which of them it is", async () => {
    const { ctx, consumer } = clusters;
    const labels = { component: "kube-controller-manager", tier: "control-plane" };
    const command = [
      "kube-controller-manager",
      "--cluster-cidr=10.244.0.0/16",
      "--service-cluster-ip-range=10.96.0.0/12",
    ];
    const metadata = { name: "kube-controller-manager-cp", namespace: "kube-system", labels };
    const containers = [{ name: "kube-controller-manager", image: "registry.k8s.io/kube-controller-manager", command }];
    await consumer.client.create(ctx, pods, { metadata, spec: { containers } });
    for (const provider of ["kubeadm", "kind"]) {
      const flags = `--local-chart-path ${folder}/chart --cluster-labels a=b --dry-run`;
      const { code, stderr } = await liqoctl(`install ${provider} ${flags}`);
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`Configuration of ${provider} read`));
      assert.deepEqual(settings(), {
        discovery: { config: { clusterID: "cluster-a", clusterLabels: { "liqo.io/provider": provider, a: "b" } } },
        ipam: { podCIDR: "10.244.0.0/16", serviceCIDR: "10.96.0.0/12", reservedSubnets: [] },
        ...(provider === "kind" && {
          networking: { fabric: { config: { gatewayMasqueradeBypass: true } } },
        }),
      });
    }
    await consumer.client.delete(ctx, pods, metadata, { gracePeriodSeconds: 0 });
  });

  test("k3s has CIDRs of its own, unless others are given", async () => {
    const flags = `--local-chart-path ${folder}/chart --dry-run --api-server-url https://a:1`;
    await liqoctl(`install k3s ${flags} --skip-validation`);
    assert.match(JSON.stringify(settings()), /"podCIDR":"10.42.0.0\/16","serviceCIDR":"10.43.0.0\/16"/);
    await liqoctl(`install k3s ${flags} --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16`);
    assert.match(JSON.stringify(settings()), /"address":"https:\/\/a:1".*"podCIDR":"10.244.0.0\/16"/);
  });

  test("--enable-metrics warns where nothing reads them", async () => {
    const flags = `${CIDRS} --local-chart-path ${folder}/chart --dry-run --enable-metrics`;
    const { stderr } = await liqoctl(`install ${flags}`);
    assert.match(stderr, /! \(local\) the Prometheus operator is not installed/);
    assert.match(JSON.stringify(settings()), /"metrics":{"enabled":true,"prometheusOperator":{"enabled":false}}/);
  });

  for (const [what, refused, kind, verb, sides] of [
    [
      "renders as it would install, first without the cluster",
      false,
      "ConfigMap",
      "upgrade --install --create-namespace",
      ["client", "server"],
    ],
    [
      "asks the cluster for nothing of a kind that it lacks",
      false,
      "Thing",
      "upgrade --install --create-namespace",
      ["client"],
    ],
    ["after an uninstallation that was refused", true, "ConfigMap", "install", ["client", "server"]],
  ] as const)
    test(`--plan ${what}`, async () => {
      const { ctx, consumer } = clusters;
      const group = kind === "Thing" ? "things.liqo.io/v1" : "v1";
      const manifest = JSON.stringify({ apiVersion: group, kind, metadata: { name: "made" } });
      writeFileSync(join(folder, "rendered"), JSON.stringify({ manifest: `---\n${manifest}\n---\n# nothing\n` }));
      const crds = join(folder, "chart/crds/things.yaml");
      const spec = {
        group: "things.liqo.io",
        scope: "Namespaced",
        names: { kind: "Thing", plural: "things" },
        versions: [],
      };
      writeFileSync(crds, JSON.stringify({ metadata: { name: "things.things.liqo.io" }, spec }));
      const status = refused ? "uninstalling" : "superseded";
      const labels = { owner: "helm", name: "liqo", version: "7", status };
      const record = { metadata: { name: "sh.helm.release.v1.liqo.v7", namespace: "liqo", labels } };
      await consumer.client.create(ctx, secrets, record);
      const { code, stdout, stderr, helm } = await liqoctl(
        `install ${CIDRS} --local-chart-path ${folder}/chart --plan`,
      );
      for (const file of ["rendered", "chart/crds/things.yaml"]) rmSync(join(folder, file));
      await consumer.client.delete(ctx, secrets, record.metadata);
      assert.equal(code, 0, stderr);
      const release = "liqo /chart --namespace liqo --skip-crds --values -";
      const unchecked = { client: "", server: " --disable-openapi-validation" };
      assert.deepEqual(helm, [
        ...sides.map((side) => `${verb} ${release} --dry-run=${side}${unchecked[side]} --output json --kubeconfig kc`),
        "get manifest liqo --namespace liqo --revision 7 --kubeconfig kc",
      ]);
      assert.match(stdout, new RegExp(`\\+ ${kind} liqo/made: it is of the chart`));
      assert.match(stdout, /\+ Secret liqo\/sh\.helm\.release\.v1\.liqo\.v8/);
      assert.equal(await consumer.client.find(ctx, configMaps, { namespace: "liqo", name: "made" }), undefined);
    });

  for (const other of ["--dry-run", "--only-output-values"])
    test(`--plan and ${other} are two questions`, async () => {
      const { code, stderr, helm } = await liqoctl(`install ${CIDRS} --plan ${other}`);
      assert.deepEqual([code, helm], [1, [""]]);
      assert.ok(stderr.startsWith(`error: --plan and ${other} are two questions\n`), stderr);
    });

  test("--dry-run renders and changes nothing", async () => {
    const { code, helm } = await liqoctl(
      `install ${CIDRS} --local-chart-path ${folder}/chart --dry-run --context consumer`,
    );
    assert.equal(code, 0);
    assert.deepEqual(
      helm.map((line) => line.split(" ")[0]),
      ["template", "upgrade"],
    );
    assert.match(helm[1] ?? "", / --dry-run=client --kubeconfig kc --kube-context consumer$/);
  });

  for (const [args, says] of [
    ["--pod-cidr banana --service-cidr 10.96.0.0/16", '--pod-cidr "banana": must be an IPv4 CIDR\n'],
    [
      "--pod-cidr 10.0.0.0/8 --service-cidr 10.96.0.0/16",
      "--pod-cidr 10.0.0.0/8 and --service-cidr 10.96.0.0/16 overlap",
    ],
    [`${CIDRS} --reserved-subnets 1.2`, '--reserved-subnets "1.2": must be an IPv4 CIDR'],
    [`${CIDRS} --cluster-id A_b`, '--cluster-id "A_b": a lowercase RFC 1123 label'],
    [`${CIDRS} --cluster-id rome`, "Liqo is installed with the cluster id cluster-a, which cannot change"],
    [`${CIDRS} --api-server-url https://a:1`, 'API server URL "https://a:1" does not match https://127.0.0.1'],
    [`${CIDRS} --version v9`, "--version v9: this liqoctl brings the chart of"],
    [`${CIDRS} --dump-values-path x`, "--dump-values-path can only be used together with --only-output-values"],
    ["--pod-cidr 10.244.0.0/16", "--service-cidr is missing\n  give both CIDRs, or let"],
    ["--pod-cidr 10.1.0.0/16 --pod-cidr 10.2.0.0/16 --service-cidr 10.3.0.0/16", "several pod CIDRs are not supported"],
    ["--service-cidr 10.97.0.0/16 --pod-cidr 10.1.0.0/16", "Service default/web has the address 10.96.0.7"],
    ["kubeadm", "no pod of kube-controller-manager was found"],
    ["openshift", "has no networks.config.openshift.io/cluster"],
    ["gke --project-id p --cluster-id c", "neither --zone nor --region is given"],
    ["aks --resource-group-name g --resource-name n", "neither --subscription-id nor --subscription-name is given"],
    ["eks --eks-cluster-name n --eks-cluster-region r --access-key-id k", "identities of IAM are not supported"],
    [`${CIDRS} --local-chart-path /nonexistent`, "/nonexistent/crds does not exist\n  run `make setup`"],
  ] as const) {
    test(`install ${args} is refused`, async () => {
      const { code, stderr, helm } = await liqoctl(`install ${args}`);
      assert.equal(code, 1);
      assert.ok(stderr.includes(says), stderr);
      assert.ok(!helm.some((line) => line.startsWith("upgrade")));
    });
  }

  test("what Helm refuses is told in its words, and a mark that was left with what to do", async () => {
    writeFileSync(join(folder, "fails"), "Error: another operation (install/upgrade/rollback) is in progress");
    const { stderr } = await liqoctl(`install ${CIDRS} --local-chart-path ${folder}/chart`);
    rmSync(join(folder, "fails"));
    assert.match(stderr, /error: Error: another operation .* is in progress\n {2}if no other liqoctl or helm runs/);
  });

  test("uninstall refuses while anything depends on Liqo", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { name: "theirs", namespace: "off", finalizers: ["ipam.liqo.io/x"] };
    await consumer.client.create(ctx, networks, { metadata, spec: { cidr: "10.9.0.0/16" } });
    const { code, stderr, helm } = await liqoctl("uninstall --skip-confirm");
    assert.equal(code, 1);
    assert.match(stderr, /Liqo is still in use: Network off\/theirs\n {2}first `liqoctl unoffload namespace …`/);
    assert.deepEqual(helm, [""]);
    const body = { metadata: { finalizers: null } };
    await consumer.client.patch(ctx, networks, { namespace: "off", name: "theirs" }, "merge", body);
  });

  test("uninstall removes what the controllers alone can, then the chart", async () => {
    const { ctx, consumer } = clusters;
    await consumer.client.create(ctx, foreignClusters, { metadata: { name: "rome" }, spec: { clusterID: "rome" } });
    const { code, stderr, helm } = await liqoctl("uninstall --skip-confirm --timeout 90s");
    assert.equal(code, 0, stderr);
    assert.deepEqual(helm, [
      "uninstall liqo --namespace liqo --no-hooks --wait --ignore-not-found --timeout 90s --kubeconfig kc",
    ]);
    assert.deepEqual((await consumer.client.list(ctx, foreignClusters)).items, []);
    assert.deepEqual((await consumer.client.list(ctx, networks)).items, []);
  });

  test("what keeps its finalizers is named with them", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { name: "kept", finalizers: ["test.example/kept"] };
    await consumer.client.create(ctx, foreignClusters, { metadata, spec: { clusterID: "kept" } });
    const { stderr } = await liqoctl("uninstall --skip-confirm --timeout 100ms");
    assert.match(
      stderr,
      /foreignclusters.core.liqo.io kept \(test.example\/kept\) still exist after 0 s\n {2}are liqo-/,
    );
  });

  test("--purge removes the CRDs and the namespaces of Liqo and of tenants", async () => {
    const { ctx, consumer } = clusters;
    const { client } = consumer;
    await client.patch(ctx, foreignClusters, { name: "kept" }, "merge", { metadata: { finalizers: null } });
    const running = liqoctl("uninstall --skip-confirm --purge --timeout 30s");
    // As the namespace controller does once they are empty.
    for (const name of [TENANT_NAMESPACES.consumer, "liqo"]) {
      const isGoing = ({ metadata }: KubeObject) => metadata?.deletionTimestamp !== undefined;
      const going = await seen(client, namespaces, { name }, isGoing);
      await client.raw(ctx, "PUT", `/api/v1/namespaces/${name}/finalize`, { ...going, spec: { finalizers: [] } });
    }
    const { code, stderr } = await running;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /✓ \(local\) CRDs and namespaces removed/);
    const { items } = await client.list(ctx, customResourceDefinitions);
    assert.deepEqual(items, []);
  });
});
