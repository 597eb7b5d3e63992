import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseCertificate } from "#pki/certificate.ts";
import { type Build, writePlan } from "./cluster-plan.ts";
import { clusterPaths, playgroundPaths } from "./paths.ts";
import { DEFAULT_CLUSTER } from "./spec.ts";

const home = mkdtempSync(join(tmpdir(), "plan-test-"));
after(() => rmSync(home, { recursive: true }));

const node = (name: string, i: number) => ({
  ...{ name, netns: `net-${name}`, netnsPath: `/run/netns/net-${name}`, address: `198.18.1.1${i}` },
  ...{ podCidr: `10.200.${i}.0/24`, bridge: "cni0", bridgeAddress: `10.200.${i}.1` },
});

function build(name: string, own: Partial<Build["spec"]> = {}): Build {
  const lab = { name: "lab", directory: home, netns: "lab", subnet: "198.18.0.0/20", hostAddress: "198.18.0.1" };
  const loadBalancerRange = { first: "198.18.1.100", last: "198.18.1.200" };
  const spec = { ...DEFAULT_CLUSTER, name, ...own };
  return {
    spec,
    paths: clusterPaths(playgroundPaths(home), name),
    programs: { node: "/node", bundles: "/bundles", project: "/project" },
    network: {
      ...{ lab, name, podCidr: spec.podCidr, netns: `net-${name}`, subnet: "198.18.1.0/24" },
      ...{ gateway: "198.18.1.1", loadBalancerRange },
    },
    nodes: [node("worker-node-1", 1), node("worker-node-2", 2)],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a wrong path fails the test
const read = (path: string): any => JSON.parse(readFileSync(path, "utf8"));
const configOf = (command: readonly string[]) => read(command.at(-1) ?? "");

test("a cluster is an API server, its controllers and its nodes, each in its namespace with its own configuration", async () => {
  const input = build("milan");
  const { access, processes } = await writePlan(input);
  assert.equal(access.server, "https://198.18.1.1:6443");
  assert.deepEqual(
    processes.map(({ name, command }) => [name, command[1], command[4]]),
    [
      ["milan.apiserver", "--net=/run/netns/net-milan", "/bundles/playground-apiserver.js"],
      ["milan.controllers", "--net=/run/netns/net-milan", "/bundles/playground-controllers.js"],
      ["milan.worker-node-1", "--net=/run/netns/net-worker-node-1", "/bundles/playground-node.js"],
      ["milan.worker-node-2", "--net=/run/netns/net-worker-node-2", "/bundles/playground-node.js"],
    ],
  );
  const [apiServer, controllers, first] = processes.map(({ command }) => configOf(command));
  assert.deepEqual([apiServer.address, apiServer.port, apiServer.auditLog], ["198.18.1.1", 6443, undefined]);
  assert.ok(parseCertificate(apiServer.tls.certificate).alternativeNames.includes("198.18.1.1"));
  assert.deepEqual(parseCertificate(controllers.scheduler.certificate).subject.commonName, "system:kube-scheduler");
  assert.deepEqual([first.name, first.address, first.podCidr], ["worker-node-1", "198.18.1.11", "10.200.1.0/24"]);
  assert.deepEqual([...parseCertificate(first.serving.certificate).alternativeNames].sort(), [
    "198.18.1.11",
    "worker-node-1",
  ]);
  const [user] = read(first.kubeconfig).users;
  assert.deepEqual(parseCertificate(Buffer.from(user.user["client-certificate-data"], "base64").toString()).subject, {
    commonName: "system:node:worker-node-1",
    organizations: ["system:nodes"],
  });
  assert.equal(statSync(first.kubeconfig).mode & 0o777, 0o600);
  const again = await writePlan(input);
  assert.deepEqual(again, { access, processes });
});

test("the audit log and the load balancer are those of the specification", async () => {
  for (const [isOn, name] of [
    [true, "rome"],
    [false, "oslo"],
  ] as const) {
    const input = build(name, { auditLog: isOn, loadBalancer: isOn });
    const [apiServer, controllers] = (await writePlan(input)).processes.map(({ command }) => configOf(command));
    assert.equal(apiServer.auditLog, isOn ? input.paths.auditLog : undefined);
    assert.deepEqual(controllers.loadBalancerRange, isOn ? input.network.loadBalancerRange : undefined);
  }
});

test("a stopped cluster has no processes, and can be asked for", async () => {
  const input = build("paris", { stopped: true });
  const { access, processes } = await writePlan(input);
  assert.deepEqual([access.name, processes], ["paris", []]);
  assert.equal(existsSync(input.paths.config), false);
});
