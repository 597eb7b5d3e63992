import assert from "node:assert/strict";
import { test } from "node:test";
import { parseManagerOptions } from "./options.ts";

const parse = (...args: string[]) => parseManagerOptions(["--cluster-id=milan", ...args]);

test("defaults are upstream's", () => {
  const { settings, modules, webhooks, healthPort, elects } = parse();
  assert.deepEqual(settings, {
    clusterId: "milan",
    liqoNamespace: "liqo",
    remapsApiServerProxy: true,
    apiServerIpUsesEndpointSlices: false,
    clusterLabels: {},
    defaultLimitsEnforcement: "None",
    defaultNodeResources: { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "20Gi" },
    reservedNamespaces: [],
    vkOptionsTemplate: { namespace: "liqo", name: "virtual-kubelet-default" },
    podCidr: "",
    podSecurityLevel: "baseline",
    foreignClusterPingMs: 5_000,
    foreignClusterPingTimeoutMs: 5_000,
  });
  assert.deepEqual(modules, { networking: true, authentication: true, offloading: true });
  assert.deepEqual(webhooks, {
    runtimeClass: "liqo",
    port: 9443,
    secretName: "liqo-webhook-certs",
    serviceName: "liqo-webhook",
  });
  assert.deepEqual([healthPort, elects], [8081, false]);
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
    "--enable-api-server-proxy-ip-remapping=false",
    "--api-server-ip-use-endpointslices",
  );
  assert.deepEqual([settings.remapsApiServerProxy, settings.apiServerIpUsesEndpointSlices], [false, true]);
  assert.equal(settings.apiServerAddressOverride, "https://10.0.0.1:6443");
  assert.equal(settings.serviceCidr, "10.96.0.0/16");
  assert.deepEqual(settings.reservedNamespaces, ["kube-*"]);
  assert.deepEqual(settings.vkOptionsTemplate, { namespace: "liqo-system", name: "mine" });
  assert.deepEqual(settings.defaultNodeResources, { cpu: "1" });
  assert.equal(settings.foreignClusterPingMs, 90_000);
  assert.deepEqual([modules.networking, modules.offloading, elects], [false, true, true]);
});

for (const [flag, message] of [
  ["--bogus", "unknown flag: --bogus"],
  ["--default-limits-enforcement=soft", /flag: use None, Soft or Hard$/],
  ["--pod-security-enforce=none", /flag: use privileged, baseline or restricted$/],
  ["--foreign-cluster-ping-timeout=5", /flag: use a duration such as/],
] as const) {
  test(`${flag} is refused`, () => assert.throws(() => parse(flag), { name: "FlagError", message }));
}

test("the cluster's id must be given", () => {
  assert.throws(() => parseManagerOptions([]), { message: 'required flag(s) "cluster-id" not set' });
});
