import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import * as labels from "#api/labels.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { type Context, withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { certificateSigningRequests, pods } from "#machinery/builtin.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import type { Subject } from "#pki/subject.ts";
import { csrApprovalController } from "./controller.ts";
import { servingRequestProblem } from "./problem.ts";

const namespace = TENANT_NAMESPACES.consumer;
const NODE = { nodeName: "liqo-rome", addresses: ["10.244.0.7"] };
const SUBJECT = { commonName: "system:node:liqo-rome", organizations: ["system:nodes"] };
const USAGES = ["digital signature", "key encipherment", "server auth"];

async function specOf(
  names: readonly string[],
  subject: Subject = SUBJECT,
  usages: readonly string[] = USAGES,
): Promise<CertificateSigningRequest["spec"]> {
  const request = await createCsr(generateKeyPair().privateKey, subject, names);
  return {
    request: Buffer.from(request).toString("base64"),
    signerName: "kubernetes.io/kubelet-serving",
    usages: [...usages],
  };
}

for (const [name, problem, names, subject, usages] of [
  ["the address of its pod", undefined, ["10.244.0.7"]],
  ["its own name, too", undefined, ["10.244.0.7", "liqo-rome"]],
  ["another address", /ip 198\.18\.226\.10 is not the node's own/, ["10.244.0.7", "198.18.226.10"]],
  ["another name", /dns worker-node-1 is not/, ["worker-node-1"]],
  ["no name at all", /alternative names, and they alone/, []],
  [
    "another node",
    /must be O=system:nodes, CN=system:node:liqo-rome/,
    ["10.244.0.7"],
    { ...SUBJECT, commonName: "system:node:worker-node-1" },
  ],
  ["another group", /must be O=system:nodes/, ["10.244.0.7"], { ...SUBJECT, organizations: ["system:masters"] }],
  ["client authentication", /usages must be of/, ["10.244.0.7"], SUBJECT, [...USAGES, "client auth"]],
  ["no server authentication", /usages must be of/, ["10.244.0.7"], SUBJECT, ["digital signature"]],
] as const) {
  test(`a request for ${name} is ${problem === undefined ? "" : "not "}approved`, async () => {
    const found = await servingRequestProblem({ spec: await specOf(names, subject, usages) }, NODE);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

test("only the account of a VirtualNode of that tenant namespace is approved, once the node's address is known", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, csrApprovalController(controllerDeps(client, informers)));
  const ask = async (account: string): Promise<void> => {
    const subject = { ...SUBJECT, commonName: `system:node:${account}` };
    // The API server writes the requester's name; this one has nothing that would.
    const spec = {
      ...(await specOf(["10.244.0.7"], subject)),
      username: `system:serviceaccount:${namespace}:${account}`,
    };
    await client.create(ctx, certificateSigningRequests, { metadata: { name: `of-${account}` }, spec });
  };
  // Of an account without a VirtualNode, of one whose VirtualNode is another peer's, of the right one.
  await ask("liqo-venice");
  await addNode(ctx, client, "liqo-turin", "turin");
  await ask("liqo-turin");
  await addNode(ctx, client, "liqo-rome", "cluster-b");
  await ask("liqo-rome");
  await addPod(ctx, client, "liqo-turin");
  await addPod(ctx, client, "liqo-venice");
  await addPod(ctx, client, "liqo-rome");
  await seen(client, certificateSigningRequests, { name: "of-liqo-rome" }, isApproved);
  const { items } = await client.list(ctx, certificateSigningRequests);
  assert.deepEqual(
    items.filter(isApproved).map(({ metadata }) => metadata?.name),
    ["of-liqo-rome"],
  );
  cancel();
  await running;
});

async function addNode(ctx: Context, client: KubeClient, name: string, clusterID: string): Promise<void> {
  await client.create(ctx, virtualNodes, { metadata: { namespace, name }, spec: { clusterID } });
}

async function addPod(ctx: Context, client: KubeClient, node: string): Promise<void> {
  const metadata = { namespace, name: `vk-${node}`, labels: { [labels.VIRTUAL_NODE]: node } };
  const pod = await client.create(ctx, pods, { metadata, spec: { containers: [{ name: "c", image: "i" }] } });
  await client.updateStatus(ctx, pods, { ...pod, status: { podIP: "10.244.0.7", phase: "Running" } });
}

function isApproved({ status }: CertificateSigningRequest): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === "Approved");
}
