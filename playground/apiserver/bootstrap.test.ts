import assert from "node:assert/strict";
import { test } from "node:test";
import { mustParseCidr } from "#base/cidr.ts";
import { silentLogger } from "#base/log.ts";
import { endpointSlices, endpoints, namespaces, services, storageClasses } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "../testing.ts";
import { ensureSystemNamespaces, ensureSystemObjects } from "./bootstrap.ts";
import { serviceAllocation } from "./resources/core/fields/service-allocation.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const RANGE = mustParseCidr("10.96.0.0/16");
const OPTIONS = { address: "198.18.1.1", port: 6443, serviceCidr: "10.96.0.0/16" };

async function startBootstrapped(): Promise<TestApiServer> {
  const server = await startTestApiServer({
    namespaces: [],
    parts: ({ reader }) => ({ admission: [serviceAllocation(reader, RANGE)] }),
  });
  await ensureSystemNamespaces(ctx, server.server.services);
  await ensureSystemObjects(ctx, server.server.services, OPTIONS);
  return server;
}

test("a cluster has its namespaces, the Services of API server and DNS, and a default storage class", async () => {
  await using server = await startBootstrapped();
  const { services: api } = server.server;
  assert.deepEqual(
    api.reader
      .list(namespaces, "")
      .map(({ metadata }) => metadata?.name)
      .sort(),
    ["default", "kube-node-lease", "kube-public", "kube-system"],
  );
  assert.equal(api.reader.get(services, "default", "kubernetes")?.spec?.clusterIP, "10.96.0.1");
  assert.equal(api.reader.get(services, "kube-system", "kube-dns")?.spec?.clusterIP, "10.96.0.10");
  assert.equal(api.reader.get(storageClasses, "", "local-path")?.provisioner, "rancher.io/local-path");
});

test("after a start in another lab the API server is found at its new address, and nothing else is written", async () => {
  await using server = await startBootstrapped();
  const { services: api } = server.server;
  const versionOf = () => api.reader.get(services, "default", "kubernetes")?.metadata?.resourceVersion;
  const before = versionOf();
  await ensureSystemObjects(ctx, api, { ...OPTIONS, address: "198.18.2.1" });
  const slice = api.reader.get(endpointSlices, "default", "kubernetes");
  assert.deepEqual(slice?.endpoints?.[0]?.addresses, ["198.18.2.1"]);
  assert.deepEqual(api.reader.get(endpoints, "default", "kubernetes")?.subsets?.[0]?.addresses, [{ ip: "198.18.2.1" }]);
  assert.equal(versionOf(), before);
});
