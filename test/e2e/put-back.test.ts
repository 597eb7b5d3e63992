/**
 * Everything that Liqo writes is deleted, one kind after the other, on both sides of a living peering: what was there is
 * there again, and the Service with a pod at home and one away answers.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";
import type { KubeObject } from "#machinery/meta.ts";

const NAMESPACE = "web";
const TWIN = "web-milan";
const BACK_MS = 30_000;
/** What takes longer, and why. */
const SLOWER_MS: Readonly<Record<string, number>> = {
  // The pods that take over wait for the lease (15 s) of those whose tokens are void, and can't give it back.
  ServiceAccount: 45_000,
};

const ON_BOTH = [
  "ForeignCluster.core.liqo.io",
  "IP.ipam.liqo.io",
  "Network.ipam.liqo.io",
  "Connection.networking.liqo.io",
  "FirewallConfiguration.networking.liqo.io",
  "GeneveTunnel.networking.liqo.io",
  "InternalFabric.networking.liqo.io",
  "InternalNode.networking.liqo.io",
  "RouteConfiguration.networking.liqo.io",
] as const;

/** By group and kind, at consumer and provider. */
const WRITTEN: Readonly<Record<"milan" | "rome", readonly string[]>> = {
  milan: [
    "Node",
    "Secret",
    "ServiceAccount",
    "Deployment.apps",
    "Renew.authentication.liqo.io",
    ...ON_BOTH,
    "WgGatewayClient.networking.liqo.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io",
    "RoleBinding.rbac.authorization.k8s.io",
  ],
  rome: [
    "ConfigMap",
    "Secret",
    "Service",
    "ServiceAccount",
    "Deployment.apps",
    "Renew.authentication.liqo.io",
    "EndpointSlice.discovery.k8s.io",
    ...ON_BOTH,
    "WgGatewayServer.networking.liqo.io",
    "Quota.offloading.liqo.io",
    "ShadowEndpointSlice.offloading.liqo.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io",
    "RoleBinding.rbac.authorization.k8s.io",
  ],
};

/** Kinds that are not deleted here, and why. */
const SPARED: Readonly<Record<string, string>> = {
  Namespace: "taking a namespace away takes away what people have in it",
  NamespaceOffloading: "a person's wish: deleting it takes it back",
  "Configuration, GatewayClient, GatewayServer, PublicKey":
    "written by liqoctl for a person who peers: deleting takes it back",
  "Identity, ResourceSlice, Tenant": "the same: what a consumer asks for, and whom a provider lets in",
  "NamespaceMap, VirtualNode": "pods leave the node first, for as long as their grace period allows",
  "Pod, ShadowPod": "a pod that is deleted is not the same again; see faults.test.ts and the shop's suites",
};
const SPARED_KINDS = new Set(Object.keys(SPARED).flatMap((names) => names.split(", ")));

/** Not Liqo's, or not told apart by names: the cluster's own controllers make them, or they are a record of the past. */
const OTHERS =
  /^(Event|Lease|ReplicaSet|ControllerRevision|Endpoints|CertificateSigningRequest|CustomResourceDefinition|APIService|IPAddress)\b/;

describe("what is deleted comes back", () => {
  let clusters: Clusters;
  const ours = new Map<string, Map<string, KubeObject>>();

  before(async () => {
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    const earlier = new Map<string, Map<string, KubeObject>>();
    for (const { name } of clusters.clusters) earlier.set(name, await objectsOf(clusters, name));
    for (const cluster of clusters.clusters) await installLiqo(clusters, cluster);
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
    await serve(clusters);
    await eventually("all is there", () => answers(clusters));
    for (const { name } of clusters.clusters) {
      const all = [...(await objectsOf(clusters, name))];
      ours.set(name, new Map(all.filter(([id, object]) => !earlier.get(name)?.has(id) && isLiqos(name, object))));
    }
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  for (const cluster of ["milan", "rome"] as const) {
    it(`every kind that Liqo writes at ${cluster} is either deleted below or spared with a reason`, () => {
      const kinds = new Set([...(ours.get(cluster)?.keys() ?? [])].map(kindOf));
      const unknown = [...kinds].filter(
        (kind) => !WRITTEN[cluster].includes(kind) && !SPARED_KINDS.has(kind.split(".")[0] ?? ""),
      );
      assert.deepEqual(unknown, []);
      assert.deepEqual(
        WRITTEN[cluster].filter((kind) => !kinds.has(kind)),
        [],
        "there is none of these to delete",
      );
    });

    for (const kind of WRITTEN[cluster]) {
      it(`${kind} at ${cluster}`, async (t) => {
        const wanted = ours.get(cluster) ?? new Map<string, KubeObject>();
        const victims = [...wanted].filter(([id]) => kindOf(id) === kind);
        for (const [, { metadata }] of victims) {
          const scope = metadata?.namespace === undefined ? [] : ["-n", metadata.namespace];
          await clusters.kubectl(
            cluster,
            "delete",
            kind,
            metadata?.name ?? "",
            ...scope,
            "--wait=false",
            "--ignore-not-found",
          );
        }
        const back = () => isBack(clusters, cluster, wanted, victims);
        await eventually(`all of ${kind} is back, and works`, back, SLOWER_MS[kind] ?? BACK_MS).catch(
          async (error: unknown) => {
            t.diagnostic(await controllerLog(clusters, cluster));
            throw error;
          },
        );
        // The next kind is deleted from what is there now.
        const now = await objectsOf(clusters, cluster);
        for (const id of wanted.keys()) wanted.set(id, now.get(id) ?? {});
      });
    }
  }
});

async function isBack(
  clusters: Clusters,
  cluster: string,
  wanted: ReadonlyMap<string, KubeObject>,
  victims: readonly (readonly [string, KubeObject])[],
): Promise<void> {
  const seen = await objectsOf(clusters, cluster);
  assert.deepEqual(
    [...wanted.keys()].filter((id) => !seen.has(id)),
    [],
    "missing",
  );
  const stuck = victims.filter(([id, object]) => seen.get(id)?.metadata?.uid === object.metadata?.uid);
  assert.deepEqual(
    stuck.map(([id]) => id),
    [],
    "still the one that was deleted",
  );
  await answers(clusters);
}

function controllerLog({ kubectl }: Clusters, cluster: string): Promise<string> {
  return kubectl(cluster, "logs", "-n", "liqo", "deployment/liqo-controller-manager", "--since=60s");
}

async function serve({ kubectl, liqoctl }: Clusters): Promise<void> {
  const web = (...args: readonly string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  await web("create", "configmap", "settings", "--from-literal=colour=blue");
  await web("create", "secret", "generic", "credentials", "--from-literal=password=one");
  for (const name of ["home", "away"]) {
    const nodeSelector =
      name === "away" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
    const overrides = JSON.stringify({
      spec: { nodeSelector, containers: [{ name: "nginx", image: "nginx", command: PAGE_WITH_NAME }] },
    });
    await web("run", name, "--image=nginx", "--labels=app=web", `--overrides=${overrides}`);
  }
  await web("create", "service", "clusterip", "web", "--tcp=80");
  await web("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
}

/** Both pods answer, asked from home. */
async function answers({ kubectl }: Clusters): Promise<void> {
  const ask = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do curl -s -m 2 http://web; done";
  const text = await kubectl("milan", "exec", "-n", NAMESPACE, "home", "--", "sh", "-c", ask);
  assert.deepEqual([...new Set(text.trim().split("\n"))].sort(), ["away", "home"]);
}

/** By `<kind>.<group> <namespace>/<name>`. */
async function objectsOf({ kubectl, get }: Clusters, cluster: string): Promise<Map<string, KubeObject>> {
  const listed = await kubectl(cluster, "api-resources", "--verbs=list,delete", "-o", "name");
  const names = listed.split("\n").filter((name) => name !== "");
  const { items } = await get<{ items: KubeObject[] }>(cluster, names.join(","), "-A");
  return new Map(items.map((object) => [idOf(object), object] as const).filter(([id]) => !OTHERS.test(id)));
}

function idOf({ apiVersion = "", kind, metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind}${group} ${metadata?.namespace ?? ""}/${metadata?.name}`;
}

function kindOf(id: string): string {
  return id.split(" ")[0] ?? "";
}

/** Neither the chart's nor the users' nor what every namespace has. */
function isLiqos(cluster: string, { kind, metadata }: KubeObject): boolean {
  const { name = "", namespace = "", labels } = metadata ?? {};
  if (metadata?.annotations?.["meta.helm.sh/release-name"] !== undefined || name.startsWith("sh.helm.release"))
    return false;
  if ((kind === "ServiceAccount" && name === "default") || name === "kube-root-ca.crt") return false;
  if (kind === "Secret" && name.endsWith("nonce")) return false;
  if (kind === "EndpointSlice") return labels?.["liqo.io/managed-by"] !== undefined;
  if (cluster === "milan" && namespace === NAMESPACE) return kind === "RoleBinding" || kind === "NamespaceOffloading";
  if (kind === "Pod") return namespace === TWIN;
  return true;
}
