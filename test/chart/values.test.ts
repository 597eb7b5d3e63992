/** Every value of values.yaml has an effect: a changed one is found in what Helm renders. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { CHART, template } from "#kit/chart.ts";

/** Path, a value that nothing else has, and where it is not that itself: what it becomes. */
const MARKED: readonly (readonly [path: string, value: string, becomes?: string])[] = [
  ["image.name", "example.com/marked"],
  ["tag", "v7.7.7"],
  ["pullPolicy", "Always"],
  ["imagePullSecrets[0].name", "marked-pull-secret"],
  ["metrics.enabled", "true", "--metrics-address=:8082"],
  ["metrics.prometheusOperator.enabled", "true", "kind: PrometheusRule"],
  ["tracing.endpoint", "http://marked-collector:4318"],
  ["tracing.samplingRatio", "0.29", "--tracing-sampling-ratio=0.29"],
  ["discovery.config.clusterID", "marked-cluster"],
  ["discovery.config.clusterLabels.marked-label", "x", "marked-label=x"],
  ["apiServer.address", "marked.example.com:6443"],
  ["apiServer.ca", "bWFya2Vk"],
  ["ipam.podCIDR", "10.201.0.0/16"],
  ["ipam.serviceCIDR", "10.202.0.0/16"],
  ["ipam.externalCIDR", "10.203.0.0/16"],
  ["ipam.internalCIDR", "10.204.0.0/16"],
  ["ipam.reservedSubnets[0]", "10.205.0.0/16"],
  ["common.nodeSelector.marked-manager", "marked-manager-value"],
  ["common.tolerations[0].key", "marked-manager-taint"],
  ["common.affinity.nodeAffinity.marked", "manager-affinity"],
  ["common.globalLabels.marked-global-label", "x", "--global-labels=marked-global-label=x"],
  ["common.globalAnnotations.marked-global", "x", "--global-annotations=marked-global=x"],
  ["networking.genevePort", "6101"],
  ["networking.notrack.enabled", "true", "name: liqo-notrack-geneve"],
  ["networking.gatewayTemplates.replicas", "11"],
  ["networking.gatewayTemplates.ping.lossThreshold", "12"],
  ["networking.gatewayTemplates.ping.interval", "13s"],
  ["networking.gatewayTemplates.ping.updateStatusInterval", "14s"],
  ["networking.gatewayTemplates.mtuProbeInterval", "3m"],
  ["networking.gatewayTemplates.wireguard.implementation", "userspace", "--implementation=userspace"],
  ["networking.gatewayTemplates.server.service.annotations.marked-service", "marked-service-value"],
  ["networking.gatewayTemplates.server.tcpCarrier.enabled", "true", "name: tcp-carrier"],
  ["networking.gatewayTemplates.server.tcpCarrier.port", "4443", "port: 4443"],
  ["networking.gatewayTemplates.server.tcpCarrier.containerPort", "8444", "--tcp-carrier-port=8444"],
  ["networking.gatewayTemplates.pod.priorityClassName", "marked-gateway-class"],
  ["networking.gatewayTemplates.pod.nodeSelector.marked-gateway", "marked-gateway-value"],
  ["networking.gatewayTemplates.pod.tolerations[0].key", "marked-gateway-taint"],
  ["networking.gatewayTemplates.pod.affinity.nodeAffinity.marked", "gateway-affinity"],
  ["networking.gatewayTemplates.container.gateway.resources.requests.cpu", "15m"],
  [
    "networking.gatewayTemplates.server.service.allocateLoadBalancerNodePorts",
    "false",
    "allocateLoadBalancerNodePorts: false",
  ],
  ["networking.fabric.pod.annotations.marked-fabric-annotation", "marked-fabric-note"],
  ["networking.fabric.pod.labels.marked-fabric-label", "marked-fabric-label-value"],
  ["networking.fabric.pod.extraArgs[0]", "--marked-fabric-flag"],
  ["networking.fabric.affinity.nodeAffinity.marked", "fabric-affinity"],
  ["networking.fabric.config.pathProbeInterval", "9s", "--path-probe-interval=9s"],
  ["networking.fabric.pod.priorityClassName", "marked-fabric-class"],
  ["networking.fabric.pod.resources.requests.cpu", "16m"],
  ["networking.fabric.nodeSelector.marked-fabric", "marked-fabric-value"],
  ["networking.fabric.tolerations[0].key", "marked-fabric-taint"],
  ["networking.fabric.config.healthProbeBindAddressPort", "10017"],
  ["networking.fabric.config.metricsAddressPort", "10018"],
  ["offloading.runtimeClass.name", "marked-runtime-class"],
  ["offloading.runtimeClass.annotations.marked-class-annotation", "marked-class-note"],
  ["offloading.runtimeClass.labels.marked-class-label", "marked-class-label-value"],
  ["offloading.runtimeClass.handler", "marked-handler"],
  ["offloading.runtimeClass.nodeSelector.labels.marked-class-node", "marked-class-node-value"],
  ["offloading.runtimeClass.tolerations.tolerations[0].key", "marked-class-taint"],
  ["offloading.podSecurity.enforce", "restricted", "--pod-security-enforce=restricted"],
  ["offloading.defaultNodeResources.cpu", "18"],
  ["offloading.reservedNamespaces[0]", "marked-reserved"],
  ["offloading.reflection.skip.labels[0]", "marked-skipped-label"],
  ["offloading.reflection.skip.annotations[0]", "marked-skipped-annotation"],
  ["offloading.reflection.pod.workers", "101"],
  ["offloading.reflection.service.workers", "102"],
  ["offloading.reflection.service.loadBalancerClasses[0].name", "example.com/marked"],
  ["offloading.reflection.ingress.ingressClasses[0].name", "marked-ingress-class"],
  ["offloading.reflection.endpointslice.workers", "103"],
  ["offloading.reflection.ingress.workers", "104"],
  ["offloading.reflection.configmap.workers", "105"],
  ["offloading.reflection.secret.workers", "106"],
  ["offloading.reflection.serviceaccount.workers", "107"],
  ["offloading.reflection.persistentvolumeclaim.workers", "108"],
  ["offloading.reflection.event.workers", "109"],
  ["offloading.reflection.networkpolicy.workers", "113"],
  ["storage.virtualStorageClassName", "marked-virtual-class"],
  ["storage.realStorageClassName", "marked-real-class"],
  ["storage.storageNamespace", "marked-storage-namespace"],
  ["controllerManager.replicas", "19"],
  ["controllerManager.metrics.service.labels.marked-metrics-label", "marked-metrics-label-value"],
  ["controllerManager.metrics.service.annotations.marked-metrics", "marked-metrics-note"],
  ["controllerManager.metrics.serviceMonitor.interval", "31s"],
  ["controllerManager.metrics.serviceMonitor.scrapeTimeout", "32s"],
  ["controllerManager.metrics.serviceMonitor.labels.marked-monitor", "marked-monitor-value"],
  ["virtualKubelet.metrics.port", "7001"],
  ["virtualKubelet.metrics.podMonitor.interval", "33s"],
  ["virtualKubelet.metrics.podMonitor.scrapeTimeout", "34s"],
  ["virtualKubelet.metrics.podMonitor.labels.marked-pod-monitor", "marked-pod-monitor-value"],
  ["controllerManager.config.defaultLimitsEnforcement", "Hard"],
  ["controllerManager.config.foreignClusterPingInterval", "21s"],
  ["controllerManager.config.foreignClusterPingTimeout", "22s"],
  ["controllerManager.pod.annotations.marked-manager-annotation", "marked-manager-note"],
  ["controllerManager.pod.labels.marked-manager-label", "marked-manager-label-value"],
  ["controllerManager.pod.extraArgs[0]", "--marked-manager-flag"],
  ["controllerManager.pod.priorityClassName", "marked-manager-class"],
  ["controllerManager.pod.resources.requests.cpu", "23m"],
  ["virtualKubelet.replicas", "24"],
  ["virtualKubelet.extra.annotations.marked-annotation", "marked-annotation-value"],
  ["virtualKubelet.extra.labels.marked-kubelet", "marked-kubelet-value"],
  ["virtualKubelet.extra.args[0]", "--marked-flag"],
  ["virtualKubelet.extra.tolerations[0].key", "marked-kubelet-taint"],
  ["virtualKubelet.extra.resources.requests.cpu", "25m"],
  ["virtualKubelet.virtualNode.extra.annotations.marked-node-annotation", "marked-node-note"],
  ["virtualKubelet.virtualNode.extra.labels.marked-node-label", "marked-node-label-value"],
  ["webhook.port", "9555"],
  ["proxy.replicas", "26"],
  ["proxy.pod.annotations.marked-proxy", "marked-proxy-annotation"],
  ["proxy.pod.labels.marked-proxy", "marked-proxy-label"],
  ["proxy.pod.extraArgs[0]", "--marked-proxy-flag"],
  ["proxy.pod.priorityClassName", "marked-proxy-class"],
  ["proxy.pod.resources.requests.cpu", "27m"],
  ["proxy.service.type", "NodePort"],
  ["proxy.service.annotations.marked-service-of-proxy", "marked-proxy-service"],
  ["proxy.config.listeningPort", "10028"],
  ["webhook.failurePolicy", "Ignore"],
  ["dashboard.enabled", "true", "/opt/liqo/liqo-dashboard.js"],
  ["dashboard.allowedHosts[0]", "marked.example.org"],
  ["dashboard.pod.annotations.marked-dashboard", "marked-dashboard-note"],
  ["dashboard.pod.labels.marked-dashboard-label", "marked-dashboard-label-value"],
  ["dashboard.pod.priorityClassName", "marked-dashboard-class"],
  ["dashboard.pod.resources.requests.cpu", "28m"],
  ["dashboard.service.annotations.marked-service-of-dashboard", "marked-dashboard-service"],
  ["dashboard.service.port", "10029"],
];

/** Switches: one render each, compared with the default. */
const SWITCHED: readonly (readonly [path: string, value: string])[] = [
  ["apiServer.trustedCA", "true"],
  ["authentication.tlsCompatibilityMode", "true"],
  ["networking.reflectIPs", "false"],
  ["networking.denyDirectConnections", "true"],
  ["networking.gatewayTemplates.nftablesMonitor", "false"],
  ["networking.gatewayTemplates.routeMonitor", "false"],
  ["networking.fabric.config.nftablesMonitor", "false"],
  ["networking.fabric.config.routeMonitor", "false"],
  ["networking.fabric.config.fullMasquerade", "true"],
  ["networking.fabric.config.gatewayMasqueradeBypass", "true"],
  ["offloading.runtimeClass.nodeSelector.enabled", "false"],
  ["offloading.runtimeClass.tolerations.enabled", "false"],
  ["metrics.enabled", "true"],
  ["controllerManager.metrics.serviceMonitor.enabled", "true"],
  ["authentication.enabled", "false"],
  ["authentication.defaultResourceSliceClassEnabled", "false"],
  ["storage.enabled", "false"],
  ["mcs.enabled", "true"],
  ["controllerManager.config.enableNodeFailureController", "true"],
  ["networking.enabled", "false"],
  ["offloading.enabled", "false"],
  ["proxy.enabled", "false"],
  ["offloading.createNode", "false"],
  ["offloading.disableNetworkCheck", "true"],
  ["offloading.runtimeClass.enabled", "false"],
  ...["service", "ingress", "configmap", "secret", "event", "networkpolicy"].map(
    (kind) => [`offloading.reflection.${kind}.type`, "AllowList"] as const,
  ),
];

let plain: string;
before(async () => {
  plain = await template();
});

test("a marked value is found in the manifest, and only when it is set", async () => {
  const rendered = await template(Object.fromEntries(MARKED.map(([path, value]) => [path, value])));
  for (const [path, value, becomes = value] of MARKED) {
    const isWord = new RegExp(`(?<![\\w.])${becomes.replaceAll(".", "\\.")}(?![\\w])`);
    assert.match(rendered, isWord, path);
    assert.doesNotMatch(plain, isWord, path);
  }
});

test("a switch changes the manifest", async () => {
  for (const [path, value] of SWITCHED) assert.notEqual(await template({ [path]: value }), plain, path);
});

test("multi-cluster services bring CRDs, flags, reflectors and rights, unless the CRDs are somebody else's", async () => {
  const on = { "mcs.enabled": "true" };
  const whole = await template(on);
  for (const text of ["serviceimports.multicluster.x-k8s.io", "--enable-multicluster-services=true", "serviceexport:"])
    assert.ok(whole.includes(text), text);
  const without = await template({ ...on, "mcs.installCRDs": "false" });
  assert.doesNotMatch(without, /kind: CustomResourceDefinition/);
  const fewer = {
    "offloading.reflection.serviceexport.workers": "7",
    "offloading.reflection.serviceimport.workers": "8",
  };
  const tuned = await template({ ...on, ...fewer });
  assert.match(tuned, /serviceexport:\s*workers: 7[\s\S]*serviceimport:\s*workers: 8/);
  assert.doesNotMatch(plain, /multicluster\.x-k8s\.io|serviceexport/);
});

test("without reflection of NetworkPolicies nobody gets rights for it, here or as a consumer", async () => {
  const off = await template({ "offloading.reflection.networkpolicy.workers": "0" });
  // What is left is of the provider's own controller.
  const rights = (text: string): number => text.match(/resources: \[(shadow)?networkpolicies\]/g)?.length ?? 0;
  assert.deepEqual([rights(plain), rights(off)], [3, 1]);
  assert.match(plain, /^ {4}networkpolicy:$/m);
  assert.doesNotMatch(off, /^ {4}networkpolicy:$/m);
});

test("these are all values", () => {
  const paths = [...MARKED, ...SWITCHED].map(([path]) => path);
  const multicluster = ["serviceexport.workers", "serviceimport.workers"].map((of) => `offloading.reflection.${of}`);
  paths.push("mcs.installCRDs", ...multicluster);
  const tested = paths.map((path) => path.replaceAll("[0]", ".0"));
  const values: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
  const untested = leavesOf(values).filter(
    (leaf) => !tested.some((path) => path === leaf || path.startsWith(`${leaf}.`)),
  );
  assert.deepEqual(untested, []);
});

/** Maps whose keys are the user's count as one. */
const OPEN = /(resources|defaultNodeResources|affinity|runtimeClass\.nodeSelector\.labels)$/;

function leavesOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || OPEN.test(path)) return [path];
  const children = Object.entries(value);
  return children.length === 0
    ? [path]
    : children.flatMap(([name, child]) => leavesOf(child, path === "" ? name : `${path}.${name}`));
}
