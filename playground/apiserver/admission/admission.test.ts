import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { startTestApiServer, type TestApiServer, type TestBody, type TestResponse } from "#playground/testing.ts";
import { createAuthorizer } from "../authz/authorizer.ts";
import type { Authenticator, UserInfo } from "../request.ts";
import { builtinStrategies } from "../resources/all.ts";
import { admissionPlugins } from "./plugins.ts";

const DEFAULT = "/api/v1/namespaces/default";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

/** Requests with `x-user` come from that user, who is allowed everything that admission does not refuse. */
const byHeader: Authenticator = {
  authenticate: async ({ headers }) => {
    const [name, ...groups] = String(headers["x-user"] ?? "").split(",");
    return name === undefined || name === "" ? undefined : ({ name, groups } satisfies UserInfo);
  },
};

/** Endpoints on loopback, where the tests' servers listen, are refused elsewhere. */
const onLoopback = builtinStrategies.map((strategy) =>
  strategy.resource.plural === "endpointslices" ? { ...strategy, validate: () => [] } : strategy,
);

async function start(strategies = builtinStrategies): Promise<TestApiServer> {
  const { signal } = new AbortController();
  const api = await startTestApiServer({
    strategies,
    parts: (services) => ({
      authenticators: [byHeader],
      admission: admissionPlugins({ services, rbac: createAuthorizer(services.reader, signal).rbac, signal }),
    }),
  });
  await created(api, `${DEFAULT}/serviceaccounts`, { metadata: { name: "default" } });
  return api;
}

async function created(api: TestApiServer, path: string, object: object): Promise<TestBody> {
  const answer = await api.request("POST", path, { body: object });
  assert.equal(answer.code, 201, answer.text);
  return answer.body;
}

async function refused(answer: Promise<TestResponse>): Promise<string> {
  const { code, body } = await answer;
  return `${code} ${body.message}`;
}

function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return { metadata: { name, ...metadata }, spec: { containers: [{ name: "web", image: "nginx" }], ...spec } };
}

test("a pod gets its account, token volume, tolerations and priority", async () => {
  await using api = await start();
  const { spec } = await created(api, `${DEFAULT}/pods`, pod("web"));
  assert.equal(spec.serviceAccountName, "default");
  assert.match(spec.volumes[0].name, /^kube-api-access-[a-z0-9]{5}$/);
  assert.equal(spec.containers[0].volumeMounts[0].mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
  assert.equal(spec.tolerations.length, 2);
  assert.equal(spec.priority, 0);
  const plain = await created(api, `${DEFAULT}/pods`, pod("plain", { automountServiceAccountToken: false }));
  assert.equal(plain.spec.volumes, undefined);
  assert.equal(
    await refused(api.request("POST", `${DEFAULT}/pods`, { body: pod("x", { serviceAccountName: "nobody" }) })),
    '403 pods "x" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
  );
});

test("a pod of a new namespace waits for the default account", async () => {
  await using api = await start();
  await created(api, "/api/v1/namespaces", { metadata: { name: "new" } });
  const early = created(api, "/api/v1/namespaces/new/pods", pod("early"));
  await created(api, "/api/v1/namespaces/new/serviceaccounts", { metadata: { name: "default" } });
  assert.equal((await early).spec.serviceAccountName, "default");
});

test("namespaces must exist, must not be terminating, and the system's stay", async () => {
  await using api = await start();
  const body = { metadata: { name: "c" } };
  assert.equal(
    await refused(api.request("POST", "/api/v1/namespaces/nope/configmaps", { body })),
    '404 namespaces "nope" not found',
  );
  assert.equal(
    await refused(api.request("DELETE", "/api/v1/namespaces/default")),
    '403 namespaces "default" is forbidden: this namespace may not be deleted',
  );
  await created(api, "/api/v1/namespaces", { metadata: { name: "old" }, spec: { finalizers: ["kubernetes"] } });
  const deletion = await api.request("DELETE", "/api/v1/namespaces/old");
  assert.equal(deletion.body.status?.phase, "Terminating", deletion.text);
  assert.equal(
    await refused(api.request("POST", "/api/v1/namespaces/old/configmaps", { body })),
    '403 configmaps "c" is forbidden: unable to create new content in namespace old because it is being terminated',
  );
});

test("a quota counts what is there and what is on its way", async () => {
  await using api = await start();
  const hard = { pods: "2", "requests.cpu": "1" };
  await created(api, `${DEFAULT}/resourcequotas`, { metadata: { name: "small" }, spec: { hard } });
  assert.equal(
    await refused(api.request("POST", `${DEFAULT}/pods`, { body: pod("a") })),
    '403 pods "a" is forbidden: failed quota: small: must specify requests.cpu for: web',
  );
  const sized = (name: string, cpu: string): Promise<TestResponse> =>
    api.request("POST", `${DEFAULT}/pods`, {
      body: pod(name, { containers: [{ name: "web", image: "nginx", resources: { requests: { cpu } } }] }),
    });
  assert.equal((await sized("big", "600m")).code, 201);
  assert.equal(
    await refused(sized("bigger", "500m")),
    '403 pods "bigger" is forbidden: exceeded quota: small, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  const codes = (await Promise.all(["b", "c", "d"].map((name) => sized(name, "1m")))).map(({ code }) => code);
  assert.deepEqual(codes.sort(), [201, 403, 403]);
  const { body } = await api.request("GET", `${DEFAULT}/resourcequotas/small`);
  assert.deepEqual(body.status.used, { pods: "2", "requests.cpu": "601m" });
});

test("a limit range fills in and bounds", async () => {
  await using api = await start();
  const limits = [{ type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "100m" }, max: { cpu: "1" } }];
  await created(api, `${DEFAULT}/limitranges`, { metadata: { name: "l" }, spec: { limits } });
  const { spec } = await created(api, `${DEFAULT}/pods`, pod("web"));
  assert.deepEqual(spec.containers[0].resources, { limits: { cpu: "500m" }, requests: { cpu: "100m" } });
  const containers = [{ name: "web", image: "nginx", resources: { limits: { cpu: "2" } } }];
  assert.match(
    await refused(api.request("POST", `${DEFAULT}/pods`, { body: pod("big", { containers }) })),
    /^403 pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2/,
  );
});

test("rights that one does not hold cannot be given away", async () => {
  await using api = await start();
  const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] }];
  const body = { metadata: { name: "r" }, rules };
  const headers = { authorization: "", "x-user": "jane,dev" };
  assert.equal(
    await refused(api.request("POST", `${RBAC}/clusterroles`, { body, headers })),
    '403 clusterroles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
  );
  await created(api, `${RBAC}/clusterroles`, { metadata: { name: "reader" }, rules });
  await created(api, `${RBAC}/clusterrolebindings`, {
    metadata: { name: "reader" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }],
  });
  assert.equal((await api.request("POST", `${RBAC}/clusterroles`, { body, headers })).code, 201);
});

test("a kubelet may not touch another node", async () => {
  await using api = await start();
  await created(api, "/api/v1/nodes", { metadata: { name: "n2" } });
  const headers = { authorization: "", "x-user": "system:node:n1,system:nodes" };
  const body = { metadata: { labels: { a: "b" } } };
  const contentType = "application/merge-patch+json";
  assert.equal(
    await refused(api.request("PATCH", "/api/v1/nodes/n2", { body, headers, contentType })),
    '403 nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  );
});

test("webhooks behind a Service change, refuse, warn and fail as configured", async () => {
  await using api = await start(onLoopback);
  const ca = await createCa("webhook");
  const identity = await issueCertificate(ca, {
    subject: { commonName: "hook", organizations: [] },
    alternativeNames: ["hook.default.svc"],
    usages: ["server"],
  });
  const server = createServer({ cert: identity.certificate, key: identity.privateKey }, (incoming, outgoing) => {
    void incoming.toArray().then((chunks) => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString()) as TestBody;
      outgoing.end(
        JSON.stringify({
          apiVersion: "admission.k8s.io/v1",
          kind: "AdmissionReview",
          response: judge(incoming.url ?? "", request),
        }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clientConfig = (path: string): object => ({
    caBundle: Buffer.from(ca.certificate).toString("base64"),
    service: { namespace: "default", name: "hook", path },
  });
  const rules = [
    { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], scope: "*" },
  ];
  const webhook = (name: string, path: string, more: object = {}): object => ({
    name,
    clientConfig: clientConfig(path),
    rules,
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  });
  const group = "/apis/admissionregistration.k8s.io/v1";
  const make = (body: object): Promise<TestResponse> => api.request("POST", `${DEFAULT}/configmaps`, { body });
  try {
    await created(api, `${group}/mutatingwebhookconfigurations`, {
      metadata: { name: "m" },
      webhooks: [
        webhook("label.example.com", "/mutate", {
          matchConditions: [{ name: "not-plain", expression: "object.metadata.name != 'plain'" }],
        }),
      ],
    });
    assert.equal(
      await refused(make({ metadata: { name: "early" } })),
      '500 Internal error occurred: failed calling webhook "label.example.com": failed to call webhook: service "hook" not found',
    );
    await created(api, `${DEFAULT}/services`, {
      metadata: { name: "hook" },
      spec: { ports: [{ port: 443, targetPort: port }] },
    });
    assert.match(await refused(make({ metadata: { name: "early" } })), /no endpoints available for service "hook"$/);
    await created(api, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
      metadata: { name: "hook-1", labels: { "kubernetes.io/service-name": "hook" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "", port, protocol: "TCP" }],
    });
    await created(api, `${group}/validatingwebhookconfigurations`, {
      metadata: { name: "v" },
      webhooks: [
        webhook("check.example.com", "/validate"),
        webhook("down.example.com", "/broken", { failurePolicy: "Ignore" }),
      ],
    });
    const good = await make({ metadata: { name: "good" } });
    assert.equal(good.code, 201, good.text);
    assert.deepEqual(good.body.metadata.labels, { mutated: "yes" });
    assert.match(String(good.headers.warning), /299 - "take care"/);
    assert.equal((await make({ metadata: { name: "plain" } })).body.metadata.labels, undefined);
    assert.equal(
      await refused(make({ metadata: { name: "bad" } })),
      '403 admission webhook "check.example.com" denied the request: no bad ones',
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

function judge(path: string, { uid, name }: { uid: string; name: string }): object {
  if (path.startsWith("/mutate")) {
    const operations = [{ op: "add", path: "/metadata/labels", value: { mutated: "yes" } }];
    const patch = Buffer.from(JSON.stringify(operations)).toString("base64");
    return { uid, allowed: true, patchType: "JSONPatch", patch };
  }
  if (path.startsWith("/broken")) return { uid: "another", allowed: false };
  if (name === "bad")
    return { uid, allowed: false, status: { code: 403, reason: "Forbidden", message: "no bad ones" } };
  return { uid, allowed: true, warnings: ["take care"] };
}

test("a client certificate of administrators cannot be asked for", async () => {
  await using api = await start();
  const ask = async (organizations: readonly string[], signerName: string): Promise<TestResponse> => {
    const request = await createCsr(generateKeyPair().privateKey, { commonName: "eve", organizations });
    const spec = { request: Buffer.from(request).toString("base64"), signerName, usages: ["client auth"] };
    return api.request("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {
      body: { metadata: { name: `eve-${organizations.length}` }, spec },
    });
  };
  const signer = "kubernetes.io/kube-apiserver-client";
  assert.equal(
    await refused(ask(["people", "system:masters"], signer)),
    '403 certificatesigningrequests.certificates.k8s.io "eve-2" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
  assert.equal((await ask(["people"], signer)).code, 201);
  assert.equal((await ask(["a", "b", "system:masters"], "example.org/own")).code, 201, "another signer");
});
