import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { TokenSigner } from "#pki/service-account-token.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { dialRemoteCommand } from "#wire/remote-command/client.ts";
import { parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { serveRemoteCommand } from "#wire/remote-command/server.ts";
import { UpgradeError } from "#wire/upgrade.ts";
import { admissionPlugins } from "../admission/plugins.ts";
import { createAuthenticator, createTokenAuthenticator } from "../authn/authenticator.ts";
import { createAuthorizer } from "../authz/authorizer.ts";
import { ensureBootstrapPolicy } from "../authz/bootstrap/policy.ts";
import { connectors, virtualResources } from "./connectors.ts";

const PODS = "/api/v1/namespaces/default/pods";
const context = {
  signal: new AbortController().signal,
  log: { debug: noop, info: noop, warn: noop, error: noop } as never,
};

async function start(): Promise<TestApiServer> {
  const signer = new TokenSigner(generateKeyPair().privateKey);
  const controller = new AbortController();
  const api = await startTestApiServer({
    parts: (services) => {
      const { reader } = services;
      const { authorizer, rbac } = createAuthorizer(reader, controller.signal);
      const tokens = createTokenAuthenticator({ reader, signer });
      return {
        authenticators: [createAuthenticator({ reader, signer, authorizer })],
        authorizer,
        admission: admissionPlugins({ services, rbac, signal: controller.signal }),
        connectors: connectors({ services, signer, kubelet: {} }),
        virtual: virtualResources({ services, authorizer, rbac, tokens }),
      };
    },
  });
  await ensureBootstrapPolicy(context, api.server.services.reader, api.server.services.writer);
  await create(api, "/api/v1/namespaces/default/serviceaccounts", "v1", "ServiceAccount", {
    metadata: { name: "default" },
  });
  return api;
}

async function create(
  api: TestApiServer,
  path: string,
  apiVersion: string,
  kind: string,
  rest: object,
): Promise<Record<string, unknown>> {
  const answer = await api.request("POST", path, { body: { apiVersion, kind, ...rest } });
  assert.equal(answer.code, 201, answer.text);
  return answer.body;
}

function createPod(api: TestApiServer, name: string, more: object = {}): Promise<Record<string, unknown>> {
  const spec = { containers: [{ name: "web", image: "nginx" }], ...more };
  return create(api, PODS, "v1", "Pod", { metadata: { name, labels: { app: "web" } }, spec });
}

test("a pod is bound to its node once", async () => {
  await using api = await start();
  await createPod(api, "web");
  const bind = (): ReturnType<TestApiServer["request"]> =>
    api.request("POST", `${PODS}/web/binding`, {
      body: { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target: { kind: "Node", name: "n1" } },
    });
  assert.equal((await bind()).code, 201);
  const { body } = await api.request("GET", `${PODS}/web`);
  assert.equal(body.spec.nodeName, "n1");
  assert.equal(body.status.conditions[0].type, "PodScheduled");
  const again = await bind();
  assert.equal(again.code, 409);
  assert.equal(
    again.body.message,
    'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"',
  );
});

test("an eviction waits for the disruption budget", async () => {
  await using api = await start();
  await createPod(api, "web");
  await api.request("PATCH", `${PODS}/web/status`, {
    contentType: "application/merge-patch+json",
    body: { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
  });
  const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  const selector = { matchLabels: { app: "web" } };
  await create(api, budgets, "policy/v1", "PodDisruptionBudget", {
    metadata: { name: "one" },
    spec: { minAvailable: 1, selector },
  });
  const report = (disruptionsAllowed: number): ReturnType<TestApiServer["request"]> =>
    api.request("PATCH", `${budgets}/one/status`, {
      contentType: "application/merge-patch+json",
      body: {
        status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 },
      },
    });
  const evict = (): ReturnType<TestApiServer["request"]> =>
    api.request("POST", `${PODS}/web/eviction`, {
      body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web" } },
    });
  await report(0);
  const refused = await evict();
  assert.equal(refused.code, 429, refused.text);
  assert.equal(refused.body.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  assert.equal(
    refused.body.details.causes[0].message,
    "The disruption budget one needs 1 healthy pods and has 1 currently",
  );
  await report(1);
  assert.equal((await evict()).code, 201);
  assert.equal((await api.request("GET", `${budgets}/one`)).body.status.disruptionsAllowed, 0);
});

test("a token request gives a token that the server knows, with the rights of its account", async () => {
  await using api = await start();
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  const spec = { expirationSeconds: 600 };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const { body: issued } = await api.request("POST", `${account}/token`, { body });
  const headers = { authorization: `Bearer ${issued.status.token}` };
  const denied = await api.request("GET", PODS, { headers });
  assert.equal(denied.code, 403);
  assert.equal(
    denied.body.message,
    'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  await create(
    api,
    "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
    "rbac.authorization.k8s.io/v1",
    "RoleBinding",
    {
      metadata: { name: "view" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    },
  );
  assert.equal((await api.request("GET", PODS, { headers })).code, 200);
  const short = await api.request("POST", `${account}/token`, { body: { ...body, spec: { expirationSeconds: 60 } } });
  assert.match(
    short.body.message,
    /spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes/,
  );
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: issued.status.token } };
  const { body: reviewed } = await api.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { body: review });
  assert.equal(reviewed.status.authenticated, true, JSON.stringify(reviewed));
  assert.equal(reviewed.status.user.username, "system:serviceaccount:default:default");
});

test("bodies of subresources with values of a wrong type are refused as such", async () => {
  await using api = await start();
  await createPod(api, "web");
  const account = "/api/v1/namespaces/default/serviceaccounts/default/token";
  for (const [path, body, says] of [
    [
      account,
      { spec: { expirationSeconds: [{}] } },
      /json: cannot unmarshal array into Go struct field .*expirationSeconds of type int64/,
    ],
    [`${PODS}/web/binding`, { target: 5 }, /json: cannot unmarshal number into Go struct field .*target/],
    [
      `${PODS}/web/eviction`,
      { deleteOptions: "x" },
      /json: cannot unmarshal string into Go struct field .*deleteOptions/,
    ],
  ] as const) {
    const { code, body: answer } = await api.request("POST", path, { body });
    assert.equal(code, 400, path);
    assert.match(answer.message, says);
  }
  const odd = await api.request("DELETE", `${PODS}/web`, { body: { kind: { toString: 1 } } });
  assert.equal(odd.code, 400, odd.text);
});

test("access reviews answer as the authorizer would", async () => {
  await using api = await start();
  const ask = async (user: string, groups: string[]): Promise<boolean> => {
    const resourceAttributes = { verb: "delete", resource: "nodes" };
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, groups, resourceAttributes },
    };
    const answer = await api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", { body });
    assert.equal(answer.code, 201, answer.text);
    return answer.body.status.allowed;
  };
  assert.equal(await ask("jane", ["dev"]), false);
  assert.equal(await ask("jane", ["system:masters"]), true);
});

test("an approval sets the condition and leaves the request alone", async () => {
  await using api = await start();
  const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const csr = await createCsr(generateKeyPair("ed25519").privateKey, {
    commonName: "milan",
    organizations: ["liqo.io"],
  });
  const spec = {
    request: Buffer.from(csr).toString("base64"),
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["client auth"],
  };
  const made = await create(api, path, "certificates.k8s.io/v1", "CertificateSigningRequest", {
    metadata: { name: "milan" },
    spec,
  });
  assert.equal((made.spec as { username: string }).username, "admin");
  const condition = { type: "Approved", status: "True", reason: "Test", message: "ok" };
  const body = { ...made, spec: { ...spec, signerName: "x/y" }, status: { conditions: [condition] } };
  const approved = await api.request("PUT", `${path}/milan/approval`, { body });
  assert.equal(approved.code, 200, approved.text);
  assert.equal(approved.body.status.conditions[0].type, "Approved");
  assert.equal(approved.body.spec.signerName, spec.signerName);
});

test("logs and exec reach the kubelet of the pod's node, and its refusals come back", async () => {
  await using api = await start();
  const ca = await createCa("kubelet");
  const identity = await issueCertificate(ca, { subject: { commonName: "n1", organizations: [] }, usages: ["server"] });
  const kubelet = createServer({ cert: identity.certificate, key: identity.privateKey }, (incoming, outgoing) => {
    if (incoming.url?.includes("waiting") === true) {
      outgoing.writeHead(400).end('container "web" in pod "waiting" is waiting to start: ContainerCreating');
    } else outgoing.end(`log of ${incoming.url}`);
  });
  kubelet.on("upgrade", (incoming, socket, head) => {
    const query = new URL(incoming.url ?? "", "https://kubelet").searchParams;
    void serveRemoteCommand(incoming, socket, head, parseExecOptions(query), async ({ stdout, status }) => {
      stdout?.write(query.getAll("command").join(" "));
      status({ exitCode: 7 });
    });
  });
  kubelet.listen(0, "127.0.0.1");
  await once(kubelet, "listening");
  const { port } = kubelet.address() as AddressInfo;
  await create(api, "/api/v1/nodes", "v1", "Node", { metadata: { name: "n1" } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  await api.request("PATCH", "/api/v1/nodes/n1/status", {
    contentType: "application/merge-patch+json",
    body: { status },
  });
  await createPod(api, "web", { nodeName: "n1" });
  await createPod(api, "waiting", { nodeName: "n1" });
  await createPod(api, "two", { nodeName: "n1", containers: ["a", "b"].map((name) => ({ name, image: "nginx" })) });
  try {
    const log = await api.request("GET", `${PODS}/web/log?follow=true&tailLines=5`);
    assert.equal(log.text, "log of /containerLogs/default/web/web?follow=true&tailLines=5");
    const waiting = await api.request("GET", `${PODS}/waiting/log`);
    assert.equal(waiting.body.message, 'container "web" in pod "waiting" is waiting to start: ContainerCreating');
    const two = await api.request("GET", `${PODS}/two/log`);
    assert.equal(two.body.message, "a container name must be specified for pod two, choose one of: [a b]");
    const dial = {
      url: `${api.url}${PODS}/web/exec?command=echo&command=hi&stdout=true`,
      tls: { ca: api.ca },
      headers: { authorization: `Bearer ${api.adminToken}` },
    };
    const command = await dialRemoteCommand(dial, { stdin: false, stdout: true, stderr: false, tty: false });
    assert.equal(Buffer.concat(await (command.stdout?.toArray() ?? [])).toString(), "echo hi");
    assert.deepEqual(await command.result, { exitCode: 7 });
    const nameless = { ...dial, url: `${api.url}${PODS}/web/exec?command=x&stdout=true&container=nope` };
    const options = { stdin: false, stdout: true, stderr: false, tty: false };
    await assert.rejects(dialRemoteCommand(nameless, options), (error: unknown) => {
      assert.ok(error instanceof UpgradeError);
      assert.match(error.body, /container nope is not valid for pod web/);
      return true;
    });
  } finally {
    kubelet.closeAllConnections();
    kubelet.close();
  }
});

function noop(): void {}
