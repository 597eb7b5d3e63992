/** A life of Liqo on two clusters in which every component does all that it is there for. For rights.test.ts. */
import assert from "node:assert/strict";
import { machineOf } from "#engines/choose.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";

export const NAMES = ["milan", "rome"] as const;
/** From `leave` on, identities lose their rights while they are in use. */
export type Stage = "use" | "leave";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const NAMESPACE = "web";
const TWIN = "web-milan";
/** So that elections take place. */
const REPLICAS = ["--set", "controllerManager.replicas=2", "--set", "networking.gatewayTemplates.replicas=2"];
/** Of the class liqo, as the scheduler sends it to a node. */
const claimFor = (node: string): string => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: on-${node}
  annotations:
    volume.kubernetes.io/selected-node: ${node}
    volume.kubernetes.io/storage-provisioner: liqo.io/storage
spec:
  storageClassName: liqo
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;

/** `done` is called after each stage. */
export async function liveWithRights(clusters: Clusters, done: (stage: Stage) => Promise<void>): Promise<void> {
  const { liqoctl } = clusters;
  for (const { name, podCidr, serviceCidr } of clusters.clusters) {
    const cidrs = ["--pod-cidr", podCidr, "--service-cidr", serviceCidr];
    await liqoctl("install", "--context", name, "--cluster-id", name, ...cidrs, ...REPLICAS);
  }
  await liqoctl("peer", ...PEERS);
  await offload(clusters);
  await enter(clusters);
  await change(clusters);
  await restartFabric(clusters);
  await disown(clusters);
  await done("use");
  await part(clusters);
  await done("leave");
  await liqoctl("uninstall", "--context", "milan", "--skip-confirm");
  // By the chart's own hook.
  await clusters.helm("rome", "uninstall", "liqo", "--namespace", "liqo", "--wait", "--timeout", "60s");
  await done("leave");
}

async function offload({ kubectl, tryKubectl, liqoctl }: Clusters): Promise<void> {
  const web = (...args: readonly string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", "--pod-offloading-strategy", "Remote");
  await web("create", "configmap", "settings", "--from-literal=colour=blue");
  await web("create", "secret", "generic", "credentials", "--from-literal=password=one");
  await web("create", "deployment", "app", "--image=nginx", "--replicas=2");
  await web("expose", "deployment", "app", "--port=80");
  await web("create", "ingress", "app", "--rule=web.example.com/*=app:80");
  await web("rollout", "status", "deployment/app", "--timeout=60s");
  const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "app" } };
  const spec = { podSelector: {}, ingress: [{}] };
  await tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input: JSON.stringify({ ...policy, spec }) });
  await eventually("the provider has the policy", () => kubectl("rome", "get", "networkpolicy", "app", "-n", TWIN));
  await store({ kubectl, tryKubectl });
}

/** Claims at home, at the provider, and for a node that is no more. */
async function store({ kubectl, tryKubectl }: Pick<Clusters, "kubectl" | "tryKubectl">): Promise<void> {
  const web = (...args: readonly string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
  const nodes = ["worker-node-1", "liqo-rome", "gone"];
  for (const node of nodes) {
    const input = claimFor(node);
    const { code, stderr } = await tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  }
  for (const node of nodes.slice(0, 2))
    await web("wait", `pvc/on-${node}`, "--for=jsonpath={.status.phase}=Bound", "--timeout=60s");
  await eventually("the claim is given back to the scheduler", async () => {
    assert.doesNotMatch(await web("get", "pvc", "on-gone", "-o", "yaml"), /^ +volume.kubernetes.io\/selected-node:/m);
  });
  await web("delete", "pvc", "--all");
  await eventually("no volume is left", async () => {
    assert.equal(await kubectl("milan", "get", "pv", "-o", "name"), "");
    assert.equal(await kubectl("rome", "get", "pvc", "-n", TWIN, "-o", "name"), "");
  });
}

/** What a user does with an offloaded pod. */
async function enter({ engine, kubectl, startKubectl }: Clusters): Promise<void> {
  const web = ["-n", NAMESPACE] as const;
  await kubectl("milan", ...web, "logs", "deployment/app");
  await kubectl("milan", ...web, "exec", "deployment/app", "--", "true");
  await using _attached = startKubectl("milan", ...web, "attach", "deployment/app");
  await using forward = startKubectl("milan", ...web, "port-forward", "deployment/app", ":80");
  const [, port] = await eventually("port-forward listens", () => {
    const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forward.text);
    assert.ok(found, forward.text);
    return found;
  });
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  await eventually("attached at the provider", () => {
    assert.ok(
      machineOf(engine)
        .auditEvents("rome")
        .some(({ objectRef }) => objectRef?.subresource === "attach"),
    );
  });
}

function sized(cpu: string): string {
  const containers = [{ name: "sized", image: "nginx", resources: { requests: { cpu } } }];
  return JSON.stringify({ spec: { containers } });
}

async function change({ kubectl }: Clusters): Promise<void> {
  const web = (...args: readonly string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
  const twin = (...args: readonly string[]) => kubectl("rome", "-n", TWIN, ...args);
  await web("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"colour":"green"}}');
  await web("patch", "secret", "credentials", "--type=merge", "-p", '{"stringData":{"password":"two"}}');
  await web("annotate", "service/app", "ingress/app", "example.com/note=changed");
  await web("label", "pods", "-l", "app=app", "example.com/note=changed");
  await eventually("the twin has the label", async () => {
    assert.match(await twin("get", "pods", "-l", "example.com/note=changed", "-o", "name"), /pod.*\npod/);
  });
  await web("run", "sized", "--image=nginx", `--overrides=${sized("5m")}`);
  await web("wait", "--for=condition=Ready", "pod/sized", "--timeout=60s");
  await web("debug", "sized", "--image=busybox", "--profile=baseline", "--", "true");
  await web("patch", "pod", "sized", "--subresource=resize", "-p", sized("10m"));
  await eventually("the twin has both", async () => {
    assert.match(await twin("get", "pod", "sized", "-o", "yaml"), /cpu: 10m.*ephemeralContainers:/s);
  });
  await web("delete", "pod", "sized", "--now");
  await twin("delete", "events", "--all");
  await web("delete", "configmap/settings", "secret/credentials", "ingress/app", "service/app", "networkpolicy/app");
  await web("scale", "deployment/app", "--replicas=1");
  await eventually("the twin follows", async () => {
    const left = await twin("get", "pods,services,ingresses,configmaps,networkpolicies", "-o", "name");
    assert.equal(left.match(/^pod\//gm)?.length, 1, left);
    assert.doesNotMatch(left, /settings|\/app$/m);
  });
  const slice = ["resourceslices.authentication.liqo.io", "rome", "-n"] as const;
  const more = ["--type=merge", "-p", '{"spec":{"resources":{"cpu":"3"}}}'] as const;
  await kubectl("milan", "patch", ...slice, "liqo-tenant-rome", ...more);
  await eventually("the provider sees the slice change", async () => {
    assert.match(await kubectl("rome", "get", ...slice, "liqo-tenant-milan", "-o", "yaml"), /^ {4}cpu: "3"$/m);
  });
}

/** A fabric that ends asks whether Liqo is being uninstalled. */
async function restartFabric({ kubectl }: Clusters): Promise<void> {
  const fabric = ["daemonset/liqo-fabric", "-n", "liqo"] as const;
  await kubectl("milan", "rollout", "restart", ...fabric);
  await kubectl("milan", "rollout", "status", ...fabric, "--timeout=90s");
}

/** What a release made that gave its own objects no owner yet. */
async function disown({ kubectl }: Clusters): Promise<void> {
  const [node] = (await kubectl("milan", "get", "internalnodes", "-o", "name")).trim().split("\n");
  assert.ok(node);
  await kubectl("milan", "patch", node, "--type=merge", "-p", '{"metadata":{"ownerReferences":null}}');
  await eventually("it is owned again", async () => {
    assert.match(await kubectl("milan", "get", node, "-o", "yaml"), /^ {2}ownerReferences:$/m);
  });
}

/** Once with pods to bring home; once with a tenant that its provider has drained. */
async function part({ kubectl, liqoctl }: Clusters): Promise<void> {
  await liqoctl("unpeer", ...PEERS);
  await liqoctl("peer", ...PEERS);
  await liqoctl("unoffload", "namespace", NAMESPACE, "--context", "milan", "--skip-confirm");
  const drained = ["--type=merge", "-p", '{"spec":{"tenantCondition":"Drained"}}'] as const;
  await kubectl("rome", "patch", "tenant", "milan", "-n", "liqo-tenant-milan", ...drained);
  await liqoctl("unpeer", ...PEERS, "--delete-namespaces");
}
