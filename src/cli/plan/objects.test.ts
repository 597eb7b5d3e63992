import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import { kindsOf, objectsIn } from "./objects.ts";

const resource = (name: string, kind: string, verbs = ["get", "list"]) => ({ name, kind, namespaced: true, verbs });
const group = (name: string) => ({ name, preferredVersion: { version: "v1" } });
const ANSWERS: Readonly<Record<string, object>> = {
  "/apis": { groups: [group("apps"), group("metrics.k8s.io"), group("broken.example.com")] },
  "/api/v1": {
    resources: [
      resource("configmaps", "ConfigMap"),
      resource("secrets", "Secret"),
      resource("events", "Event"),
      resource("pods/log", "Pod"),
      resource("bindings", "Binding", ["create"]),
    ],
  },
  "/apis/apps/v1": { resources: [resource("replicasets", "ReplicaSet"), resource("deployments", "Deployment")] },
  "/api/v1/namespaces/shop/configmaps": {
    metadata: {},
    items: [{ kind: "PartialObjectMetadata", metadata: { name: "a" } }],
  },
};
const STATUS: Readonly<Record<string, number>> = {
  "/apis/metrics.k8s.io/v1": 503,
  "/apis/broken.example.com/v1": 503,
  "/api/v1/namespaces/shop/secrets": 403,
};

describe("what there is of a cluster", () => {
  const ctx = { signal: new AbortController().signal, log: silentLogger };
  const asked: string[] = [];
  let server: Server;
  let client: KubeClient;

  before(async () => {
    server = createServer(({ method, url = "" }, response) => {
      const [path = ""] = url.split("?");
      asked.push(`${method} ${path}`);
      const status = STATUS[path] ?? (ANSWERS[path] === undefined ? 404 : 200);
      const reasons: Readonly<Record<number, string>> = {
        403: "Forbidden",
        404: "NotFound",
        503: "ServiceUnavailable",
      };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(
        JSON.stringify(ANSWERS[path] ?? { kind: "Status", code: status, reason: reasons[status], message: "x" }),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    client = new KubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, "test");
  });
  after(async () => {
    client[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  test("kinds that a plan tells of, and groups that do not answer", async () => {
    const { all, unlisted } = await kindsOf(ctx, client);
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ["ConfigMap", "Secret", "Deployment"],
    );
    assert.deepEqual(unlisted, ["broken.example.com"]);
  });

  test("who wants all kinds is told of a group that does not answer by an error", async () => {
    await assert.rejects(discoverResources(ctx, client), { reason: "ServiceUnavailable" });
  });

  test("objects with their kinds, and what nobody may see, by reading alone", async () => {
    const found = await objectsIn(ctx, client, await kindsOf(ctx, client), ["shop"]);
    assert.deepEqual(found, {
      objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }],
      unlisted: ["broken.example.com", "secrets"],
    });
    assert.deepEqual(
      asked.filter((line) => !line.startsWith("GET ")),
      [],
    );
  });
});
