import assert from "node:assert/strict";
import { test } from "node:test";
import {
  base64,
  forgeControlPlaneIdentity,
  forgeKeysSecret,
  forgeKubeconfigSecret,
  forgeNonceSecret,
  forgeQuota,
  forgeRenew,
  forgeResourceSlice,
  forgeSignedNonceSecret,
  forgeSliceIdentity,
  forgeTenant,
  unbase64,
} from "./authentication.ts";

for (const [name, expected, annotations, isTenantCordoned] of [
  ["nothing", undefined, {}, false],
  ["the mark on the slice", true, { "liqo.io/cordon": "" }, false],
  ["a mark that says no", undefined, { "liqo.io/cordon": "false" }, false],
  ["the mark of its Tenant on the slice", true, { "liqo.io/cordon-tenant": "true" }, false],
  ["its Tenant, whose mark the tenant took off the slice", true, {}, true],
] as const) {
  test(`${name} ${expected === true ? "cordons" : "does not cordon"} a Quota`, () => {
    const slice = { metadata: { name: "s", namespace: "n", annotations }, spec: { consumerClusterID: "milan" } };
    const quota = forgeQuota(slice, { enforcement: "None", isTenantCordoned, globalLabels: {} });
    assert.equal(quota.spec?.cordoned, expected);
  });
}

const NAMESPACE = "liqo-tenant-rome";
const PARAMS = { apiServer: "https://rome.test", ca: base64("CA"), signedCRT: base64("CRT") };
const IDENTITY = forgeControlPlaneIdentity("rome", NAMESPACE, "liqo-tenant-milan", PARAMS);
const SEEN = { ...IDENTITY, metadata: { ...IDENTITY.metadata, uid: "1" } };

test("a nonce and its answer are called alike in every tenant namespace, and name the peer", () => {
  const nonce = forgeNonceSecret(NAMESPACE, "rome");
  const signed = forgeSignedNonceSecret(NAMESPACE, "rome", "bm9uY2U=");
  assert.deepEqual([nonce.metadata?.name, signed.metadata?.name], ["liqo-nonce", "liqo-signed-nonce"]);
  for (const secret of [nonce, signed]) assert.equal(secret.metadata?.labels?.["liqo.io/remote-cluster-id"], "rome");
  assert.deepEqual([nonce.data, signed.data], [undefined, { nonce: "bm9uY2U=" }]);
});

test("a Tenant says who the consumer is, and proves it", () => {
  const parts = { consumerId: "milan", namespace: "liqo-tenant-milan", csr: "CSR", publicKey: "KEY", signature: "sig" };
  assert.deepEqual(forgeTenant(parts).spec, {
    clusterID: "milan",
    csr: base64("CSR"),
    publicKey: base64("KEY"),
    signature: "sig",
  });
  assert.equal(forgeTenant({ ...parts, proxyUrl: "http://proxy.test" }).spec?.proxyURL, "http://proxy.test");
});

test("the kubeconfig of an Identity names the proxy, if there is one", () => {
  const urlFor = (proxyURL: string | undefined) => {
    const authParams = {
      apiServer: "https://rome.test",
      ca: "",
      signedCRT: "",
      ...(proxyURL !== undefined && { proxyURL }),
    };
    const identity = forgeControlPlaneIdentity("rome", "ns", "remote", authParams);
    const secret = forgeKubeconfigSecret({ ...identity, metadata: { ...identity.metadata, uid: "u" } }, "KEY", {});
    return JSON.parse(unbase64(secret.data?.["kubeconfig"] ?? "{}")).clusters[0].cluster["proxy-url"];
  };
  assert.deepEqual(["http://10.70.0.3:8118", "", undefined].map(urlFor), [
    "http://10.70.0.3:8118",
    undefined,
    undefined,
  ]);
});

test("the kubeconfig of an Identity leads to the provider, with the cluster's own key, and goes with the Identity", () => {
  const secret = forgeKubeconfigSecret(SEEN, "KEY", { "liqo.io/managed": "true" });
  const kubeconfig = JSON.parse(unbase64(secret.data?.["kubeconfig"] ?? "{}"));
  assert.equal(secret.metadata?.name, "kubeconfig-controlplane-rome");
  assert.equal(secret.metadata?.ownerReferences?.[0]?.uid, "1");
  assert.equal(secret.metadata?.annotations?.["liqo.io/remote-tenant-namespace"], "liqo-tenant-milan");
  assert.equal(kubeconfig.clusters[0].cluster.server, "https://rome.test");
  assert.equal(kubeconfig.clusters[0].cluster["certificate-authority-data"], base64("CA"));
  assert.equal(kubeconfig.users[0].user["client-certificate-data"], base64("CRT"));
  assert.equal(kubeconfig.users[0].user["client-key-data"], base64("KEY"));
});

const SLICE = forgeResourceSlice({
  name: "rome",
  namespace: NAMESPACE,
  providerId: "rome",
  class: "default",
  resources: { cpu: "4" },
  createVirtualNode: true,
});

test("a slice is replicated to its provider, with what it asks for", () => {
  assert.equal(SLICE.metadata?.labels?.["liqo.io/replication"], "true");
  assert.deepEqual(SLICE.spec, { class: "default", providerClusterID: "rome", resources: { cpu: "4" } });
  assert.equal(SLICE.metadata?.annotations?.["liqo.io/create-virtual-node"], "true");
});

test("a slice's Identity carries what the provider answered, and is none of the control plane's", () => {
  const slice = { ...SLICE, metadata: { ...SLICE.metadata, uid: "2" }, status: { authParams: PARAMS } };
  const identity = forgeSliceIdentity(slice, {});
  assert.deepEqual(identity.spec, { clusterID: "rome", type: "ResourceSlice", authParams: PARAMS });
  assert.equal(identity.metadata?.name, "resourceslice-rome");
  assert.equal(identity.metadata?.ownerReferences?.[0]?.uid, "2");
  const secret = forgeKubeconfigSecret({ ...identity, metadata: { ...identity.metadata, uid: "3" } }, "KEY", {});
  assert.equal(secret.metadata?.annotations, undefined);
});

test("a provider without a CA of its own is trusted by the system's roots", () => {
  const params = { ...PARAMS, ca: "" };
  const secret = forgeKubeconfigSecret({ ...SEEN, spec: { clusterID: "rome", authParams: params } }, "KEY", {});
  const { clusters } = JSON.parse(unbase64(secret.data?.["kubeconfig"] ?? "{}"));
  assert.equal(clusters[0].cluster["certificate-authority-data"], undefined);
});

test("a Renew is replicated to the provider under the Identity's name", () => {
  const renew = forgeRenew(SEEN, "milan");
  assert.deepEqual(renew.spec, { consumerClusterID: "milan", identityType: "ControlPlane" });
  assert.equal(renew.metadata?.name, "controlplane-rome");
  assert.equal(renew.metadata?.labels?.["liqo.io/replication"], "true");
});

test("the cluster's keys stand in one Secret", () => {
  const { metadata: own, data } = forgeKeysSecret("liqo", { privateKey: "PRIVATE", publicKey: "PUBLIC" });
  assert.deepEqual(own, { namespace: "liqo", name: "authentication-keys" });
  assert.deepEqual(data, { privateKey: base64("PRIVATE"), publicKey: base64("PUBLIC") });
});
