import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createCa } from "#pki/certificate.ts";
import { parseManagerOptions } from "./options.ts";

const parse = (...args: string[]) => parseManagerOptions(["--cluster-id=milan", ...args]);

test("defaults are upstream's", () => {
  const { settings, modules, webhooks, healthPort, metricsPort, elects, caOverride, marks, workers } = parse();
  assert.deepEqual(settings, {
    clusterId: "milan",
    liqoNamespace: "liqo",
    remapsApiServerProxy: true,
    apiServerIpUsesEndpointSlices: false,
    deniesDirectConnections: false,
    masqueradesPods: false,
    bypassesGatewayMasquerade: false,
    overlayPort: 6091,
    clusterLabels: {},
    defaultLimitsEnforcement: "None",
    defaultNodeResources: { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "20Gi" },
    isDefaultClassEnabled: true,
    ingressClasses: [],
    loadBalancerClasses: [],
    hasStorage: false,
    storageNamespace: "liqo-storage",
    keyAlgorithm: "ed25519",
    isNodeFailureHandled: false,
    reservedNamespaces: ["liqo-storage"],
    hasMulticlusterServices: false,
    vkOptionsTemplate: { namespace: "liqo", name: "virtual-kubelet-default" },
    podCidr: "",
    runtimeClass: "liqo",
    storageClass: "liqo",
    podSecurityLevel: "baseline",
    foreignClusterPingMs: 5_000,
    foreignClusterPingTimeoutMs: 5_000,
  });
  assert.deepEqual(modules, { networking: true, authentication: true, offloading: true });
  assert.deepEqual(webhooks, {
    port: 9443,
    secretName: "liqo-webhook-certs",
    serviceName: "liqo-webhook",
  });
  assert.deepEqual([healthPort, metricsPort, elects, caOverride], [8081, undefined, false, undefined]);
  assert.deepEqual(marks, { labels: {}, annotations: {} });
  assert.deepEqual(workers, { foreigncluster: 1, shadowpod: 10, shadowendpointslice: 10 });
});

test("what the chart passes is taken", () => {
  const { settings, modules, elects } = parse(
    "--networking-enabled=False",
    "--enable-leader-election=true",
    "--api-server-address-override=10.0.0.1:6443",
    "--service-cidr=10.96.0.0/16",
    "--reserved-namespaces=kube-*,",
    "--vk-options-default-template=liqo-system/mine",
    "--default-node-resources=cpu=1",
    "--foreign-cluster-ping-interval=1m30s",
    "--ingress-classes=nginx;default,traefik",
    "--ingress-classes=kong",
    "--enable-storage=true",
    "--real-storage-class-name=fast",
    "--enable-api-server-proxy-ip-remapping=false",
    "--api-server-ip-use-endpointslices",
  );
  assert.deepEqual([settings.remapsApiServerProxy, settings.apiServerIpUsesEndpointSlices], [false, true]);
  assert.equal(settings.apiServerAddressOverride, "https://10.0.0.1:6443");
  assert.equal(settings.serviceCidr, "10.96.0.0/16");
  assert.deepEqual(settings.reservedNamespaces, ["kube-*", "liqo-storage"]);
  assert.deepEqual(settings.vkOptionsTemplate, { namespace: "liqo-system", name: "mine" });
  assert.deepEqual(settings.defaultNodeResources, { cpu: "1" });
  assert.equal(settings.foreignClusterPingMs, 90_000);
  assert.deepEqual(settings.ingressClasses, [
    { name: "nginx", isDefault: true },
    { name: "traefik", isDefault: false },
    { name: "kong", isDefault: false },
  ]);
  assert.deepEqual([settings.hasStorage, settings.realStorageClass], [true, "fast"]);
  assert.deepEqual([modules.networking, modules.offloading, elects], [false, true, true]);
});

for (const [flag, message] of [
  ["--bogus", "unknown flag: --bogus"],
  ["--default-limits-enforcement=soft", /flag: use None, Soft or Hard$/],
  ["--ingress-classes=;default", /flag: name the class: nginx or nginx;default$/],
  ["--load-balancer-classes=a;b", /flag: only ";default" may follow the name of a class$/],
  ["--pod-security-enforce=none", /flag: use privileged, baseline or restricted$/],
  ["--foreign-cluster-ping-timeout=5", /flag: use a duration such as/],
] as const) {
  test(`${flag} is refused`, () => assert.throws(() => parse(flag), { name: "FlagError", message }));
}

test("the CA that consumers are given", async () => {
  const { certificate } = await createCa("edge");
  const given = Buffer.from(certificate).toString("base64");
  assert.equal(parse(`--ca-override=${given}`).caOverride, certificate);
  assert.equal(parse(`--ca-override=${given}`, "--trusted-ca").caOverride, "");
  assert.throws(() => parse("--ca-override=bm8="), /"--ca-override" flag: use the base64 of a certificate in PEM/);
});

test("marks, workers and metrics", () => {
  const { marks, workers, metricsPort, settings } = parse(
    "--global-labels=team=edge,env=test",
    "--global-annotations=owner=me",
    "--shadow-pod-ctrl-workers=4",
    "--metrics-address=:8082",
    "--tls-compatibility-mode",
  );
  assert.deepEqual(marks, { labels: { team: "edge", env: "test" }, annotations: { owner: "me" } });
  assert.deepEqual([workers["shadowpod"], metricsPort, settings.keyAlgorithm], [4, 8082, "rsa-2048"]);
});

const UPSTREAM = readFileSync(join(import.meta.dirname, "testdata/upstream-flags.txt"), "utf8")
  .trim()
  .split("\n");

test("every flag of upstream's is taken, or refused with a reason", () => {
  const unknown = UPSTREAM.filter((name) => /unknown flag/.test(problemOf(`--${name}=x`)));
  assert.deepEqual(unknown, []);
});

for (const [flag, reason] of [
  ["--aws-region=eu-1", /flag: identities are certificates of this cluster; AWS IAM is not supported$/],
  ["--ipam-server=ipam:6000", /flag: addresses are given out by this process/],
  ["--network-ctrl-workers=2", /flag: addresses are chosen one after the other/],
  ["--gateway-server-resources=example.com/v1/tunnels", /flag: gateways are WireGuard's/],
  ["--geneve-port=0", /flag: must be at least 1$/],
  ["--shadow-pod-ctrl-workers=0", /flag: must be at least 1$/],
] as const) {
  test(`${flag} is refused with its reason`, () => assert.match(problemOf(flag), reason));
}

test("what upstream's chart says of them by default is taken", () => {
  const { workers } = parse(
    "--network-ctrl-workers=1",
    "--gateway-server-resources=networking.liqo.io/v1beta1/wggatewayservers",
    "--gateway-template-watch-enabled",
    "--fabric-full-masquerade-enabled=false",
    "--resync-period=10h",
    "--aws-region=",
  );
  assert.equal(workers["foreigncluster"], 1);
});

test("the cluster's id must be given", () => {
  assert.throws(() => parseManagerOptions([]), { message: 'required flag(s) "cluster-id" not set' });
});

function problemOf(flag: string): string {
  try {
    parse(flag);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
