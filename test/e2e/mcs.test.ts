/**
 * The Multi-Cluster Services API in an offloaded namespace: what milan or rome exports is one Service in both, under one name,
 * with the endpoints of all that export it, and gone when nobody does.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { ServiceExport } from "#api/multicluster/serviceexport.ts";
import type { ServiceImport } from "#api/multicluster/serviceimport.ts";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";

const NAMESPACE = "shop";
const SIDES = ["milan", "rome"] as const;
type Side = (typeof SIDES)[number];
const EXPORT = "serviceexports.multicluster.x-k8s.io";
const IMPORT = "serviceimports.multicluster.x-k8s.io";

// On genuine Kubernetes CoreDNS' multicluster plugin answers for these names, which the test's own DNS has not.
const SKIP = chosenName() === "playground" ? false : "its DNS does not know clusterset.local";

describe("multi-cluster services", { concurrency: 1, skip: SKIP }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await startPeered({}, "--set", "mcs.enabled=true");
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    const strategies = ["--namespace-mapping-strategy", "EnforceSameName", "--pod-offloading-strategy", "Local"];
    await clusters.liqoctl("offload", "namespace", NAMESPACE, ...strategies, "--context", "milan");
    for (const side of SIDES) await run(clusters, side, "asker");
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("what milan exports has an address in both, and leads to milan's pods", async () => {
    await run(clusters, "milan", "web", { expose: true });
    await exportService(clusters, "milan", "web");
    await isExported(clusters, "milan", "web");
    for (const side of SIDES) {
      const { spec, status } = await imported(clusters, side, "web");
      assert.equal(spec?.type, "ClusterSetIP");
      assert.deepEqual(spec?.ports, [{ port: 80, protocol: "TCP" }]);
      assert.deepEqual(status?.clusters, [{ cluster: "milan" }]);
      await answers(clusters, side, "web", ["web-milan"]);
      assert.deepEqual(await sources(clusters, side, "web"), ["milan"]);
    }
  });

  it("what rome exports, too, though milan has no such Service", async () => {
    await run(clusters, "rome", "stock", { expose: true });
    await exportService(clusters, "rome", "stock");
    await isExported(clusters, "rome", "stock");
    for (const side of SIDES) {
      await answers(clusters, side, "stock", ["stock-rome"]);
      assert.deepEqual(await sources(clusters, side, "stock"), ["rome"]);
    }
    const { stderr } = await clusters.tryKubectl("milan", ["get", "service", "stock", "-n", NAMESPACE]);
    assert.match(stderr, /NotFound/);
  });

  it("exported by both, it leads to the pods of both; where they differ the oldest export decides", async () => {
    await run(clusters, "milan", "both", { expose: true, isAlone: true });
    await run(clusters, "rome", "both", { expose: true });
    await exportService(clusters, "milan", "both");
    await imported(clusters, "milan", "both");
    // Ages are told in seconds: the next one is to be younger.
    await delay(1_100);
    await exportService(clusters, "rome", "both");
    for (const side of SIDES) await answers(clusters, side, "both", ["both-milan", "both-rome"]);
    await conflicts(clusters, "both", "False", "NoConflicts");
    const patch = JSON.stringify({ spec: { sessionAffinity: "ClientIP" } });
    await clusters.kubectl("rome", "patch", "service", "both", "-n", NAMESPACE, "-p", patch);
    await conflicts(clusters, "both", "True", "SessionAffinityConflict,SessionAffinityConfigConflict");
    const { spec } = await imported(clusters, "rome", "both");
    assert.equal(spec?.sessionAffinity, "None");
    await clusters.kubectl("milan", "delete", EXPORT, "both", "-n", NAMESPACE);
    await conflicts(clusters, "both", "False", "NoConflicts", ["rome"]);
    for (const side of SIDES) await answers(clusters, side, "both", ["both-rome"]);
  });

  it("a headless one has the addresses of the pods, and a name for each", async () => {
    await run(clusters, "milan", "single", { expose: true, isHeadless: true });
    await exportService(clusters, "milan", "single");
    for (const side of SIDES) {
      const { spec } = await imported(clusters, side, "single");
      assert.deepEqual([spec?.type, spec?.ips], ["Headless", undefined]);
      await answers(clusters, side, "single", ["single-milan"]);
      const [slice] = await slicesOf(clusters, side, "single");
      const [address = ""] = slice?.endpoints?.[0]?.addresses ?? [];
      await answers(clusters, side, `${address.replaceAll(".", "-")}.milan.single`, ["single-milan"]);
    }
  });

  it("a Service without endpoints of its own is not exported, and says why", async () => {
    const external = ["create", "service", "externalname", "outside", "--external-name", "example.com"];
    await clusters.kubectl("milan", ...external, "-n", NAMESPACE);
    await exportService(clusters, "milan", "outside");
    await exportService(clusters, "milan", "missing");
    for (const [name, reason] of [
      ["outside", "InvalidServiceType"],
      ["missing", "NoService"],
    ] as const) {
      await condition(clusters, "milan", name, "Valid", "False", reason);
      assert.notEqual((await clusters.tryKubectl("milan", ["get", IMPORT, name, "-n", NAMESPACE])).code, 0);
    }
  });

  it("nothing is written while nothing changes", async () => {
    const before = await versions(clusters);
    await delay(5_000);
    assert.deepEqual(await versions(clusters), before);
  });

  it("what nobody exports any more leaves nothing, in neither", async () => {
    for (const side of SIDES) await clusters.kubectl(side, "delete", EXPORT, "--all", "-n", NAMESPACE);
    for (const side of SIDES)
      await eventually(`nothing is left in ${side}`, async () => {
        const kinds = `${IMPORT},services,endpointslices`;
        const names = await clusters.kubectl(side, "get", kinds, "-n", NAMESPACE, "-o", "name");
        const left = names.split("\n").filter((name) => /liqo-mcs|serviceimport/.test(name));
        assert.deepEqual(left, []);
      });
    for (const side of SIDES) {
      const { code } = await ask(clusters, side, "web");
      assert.notEqual(code, 0);
    }
  });

  it("a namespace that is offloaded no more has nobody to export to", async () => {
    await exportService(clusters, "milan", "web");
    await imported(clusters, "milan", "web");
    await clusters.liqoctl("unoffload", "namespace", NAMESPACE, "--context", "milan", "--skip-confirm");
    await condition(clusters, "milan", "web", "Ready", "False", "Failed");
    await eventually("the ServiceImport is gone", async () => {
      const { stderr } = await clusters.tryKubectl("milan", ["get", IMPORT, "web", "-n", NAMESPACE]);
      assert.match(stderr, /NotFound/);
    });
  });
});

/** A pod in that cluster that answers with its name and the cluster's, and perhaps a Service for it. */
async function run(
  { kubectl, tryKubectl }: Clusters,
  side: Side,
  app: string,
  { expose = false, isHeadless = false, isAlone = false } = {},
): Promise<void> {
  const labels = { app };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${app}-${side}`, labels },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: "nginx",
          image: "nginx",
          command: PAGE_WITH_NAME,
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
        },
      ],
    },
  };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    // Without a twin, so that rome can have one of its own.
    metadata: { name: app, ...(isAlone && { annotations: { "liqo.io/skip-reflection": "true" } }) },
    spec: { selector: labels, ports: [{ port: 80 }], ...(isHeadless && { clusterIP: "None" }) },
  };
  const items = [pod, ...(expose ? [service] : [])];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const twin = `the namespace in ${side}`;
  await eventually(twin, async () => {
    const applied = await tryKubectl(side, ["apply", "-n", NAMESPACE, "-f", "-"], { input });
    assert.equal(applied.code, 0, applied.stderr);
  });
  await kubectl(side, "wait", "--for=condition=Ready", `pod/${app}-${side}`, "-n", NAMESPACE, "--timeout=60s");
}

async function exportService({ tryKubectl }: Clusters, side: Side, name: string): Promise<void> {
  const object = { apiVersion: "multicluster.x-k8s.io/v1beta1", kind: "ServiceExport", metadata: { name } };
  const applied = await tryKubectl(side, ["apply", "-n", NAMESPACE, "-f", "-"], { input: JSON.stringify(object) });
  assert.equal(applied.code, 0, applied.stderr);
}

function imported({ get }: Clusters, side: Side, name: string): Promise<ServiceImport> {
  return eventually(`the ServiceImport ${name} in ${side}`, async () => {
    const found = await get<ServiceImport>(side, IMPORT, name, "-n", NAMESPACE);
    assert.equal(found.status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
    return found;
  });
}

async function isExported(clusters: Clusters, side: Side, name: string): Promise<void> {
  await condition(clusters, side, name, "Valid", "True", "Valid");
  await condition(clusters, side, name, "Ready", "True", "Exported");
}

async function conflicts(
  clusters: Clusters,
  name: string,
  status: string,
  reason: string,
  sides: readonly Side[] = SIDES,
): Promise<void> {
  for (const side of sides) await condition(clusters, side, name, "Conflict", status, reason);
}

function condition(
  { get }: Clusters,
  side: Side,
  name: string,
  type: string,
  status: string,
  reason: string,
): Promise<void> {
  return eventually(`${type} of the ServiceExport ${name} in ${side} is ${status}, ${reason}`, async () => {
    const found = await get<ServiceExport>(side, EXPORT, name, "-n", NAMESPACE);
    const seen = found.status?.conditions?.find((each) => each.type === type);
    assert.deepEqual([seen?.status, seen?.reason], [status, reason]);
  });
}

/** Asked by the pod of that cluster, often enough that each of them answers. */
function answers(clusters: Clusters, side: Side, host: string, expected: readonly string[]): Promise<void> {
  return eventually(`${host} as ${side} has it`, async () => {
    const { stdout, stderr } = await ask(clusters, side, host, 20);
    assert.deepEqual([...new Set(stdout.trim().split("\n"))].sort(), [...expected].sort(), stderr);
  });
}

function ask({ tryKubectl }: Clusters, side: Side, host: string, times = 1) {
  const url = `http://${host}.${NAMESPACE}.svc.clusterset.local`;
  const script = `for i in $(seq ${times}); do curl -sS -m 2 ${url} || exit 1; done`;
  return tryKubectl(side, ["exec", "-n", NAMESPACE, `asker-${side}`, "--", "sh", "-c", script]);
}

async function slicesOf({ get }: Clusters, side: Side, name: string): Promise<readonly EndpointSlice[]> {
  const selector = `multicluster.kubernetes.io/service-name=${name}`;
  const { items } = await get<{ items: EndpointSlice[] }>(side, "endpointslices", "-n", NAMESPACE, "-l", selector);
  return items;
}

/** Of all that belongs to multi-cluster services, in both. */
async function versions({ kubectl }: Clusters): Promise<string[]> {
  const row = "{.kind} {.metadata.name} {.metadata.resourceVersion}";
  const kinds = `${EXPORT},${IMPORT},services,endpointslices`;
  const output = ["-n", NAMESPACE, "-o", `jsonpath={range .items[*]}${row}{"\\n"}{end}`];
  return Promise.all(SIDES.map((side) => kubectl(side, "get", kinds, ...output)));
}

async function sources(clusters: Clusters, side: Side, name: string): Promise<string[]> {
  const slices = await slicesOf(clusters, side, name);
  return [
    ...new Set(slices.map(({ metadata }) => metadata?.labels?.["multicluster.kubernetes.io/source-cluster"] ?? "")),
  ];
}
