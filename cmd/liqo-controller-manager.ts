/**
 * liqo-controller-manager: controllers, replication to peers and admission webhooks of one cluster.
 * Upstream spreads these over liqo-controller-manager, liqo-crd-replicator, liqo-webhook and liqo-ipam; flags keep their names.
 */
import { parseArgs } from "node:util";
import { Metrics } from "#base/metrics.ts";
import { allControllers } from "#controllers/all.ts";
import { type Deps, POD_SECURITY_LEVELS, type Settings } from "#controllers/deps.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inClusterConfig } from "#kube/client/in-cluster.ts";
import { runController } from "#kube/controller/controller.ts";
import { runElected } from "#kube/election/leader.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { Informers } from "#kube/informer/informers.ts";
import { replicationControllers } from "#replication/replicator.ts";
import { serveWebhooks } from "#webhooks/serve.ts";
import { runComponent } from "./process.ts";

const { values: flags } = parseArgs({
  options: {
    "cluster-id": { type: "string" },
    "liqo-namespace": { type: "string", default: "liqo" },
    "pod-cidr": { type: "string", default: "" },
    "service-cidr": { type: "string", default: "" },
    "networking-enabled": { type: "string", default: "true" },
    "authentication-enabled": { type: "string", default: "true" },
    "offloading-enabled": { type: "string", default: "true" },
    "api-server-address-override": { type: "string", default: "" },
    "cluster-labels": { type: "string", default: "" },
    "default-limits-enforcement": { type: "string", default: "None" },
    "default-node-resources": { type: "string", default: "cpu=4,memory=8Gi,pods=110,ephemeral-storage=20Gi" },
    "reserved-namespaces": { type: "string", default: "" },
    "pod-security-enforce": { type: "string", default: "baseline" },
    "vk-options-default-template": { type: "string", default: "liqo/virtual-kubelet-default" },
    "foreign-cluster-ping-interval": { type: "string", default: "5s" },
    "foreign-cluster-ping-timeout": { type: "string", default: "5s" },
    "liqo-runtime-class": { type: "string", default: "liqo" },
    "webhook-port": { type: "string", default: "9443" },
    "webhook-service": { type: "string", default: "liqo-webhook" },
    "webhook-secret": { type: "string", default: "liqo-webhook-certs" },
    "health-port": { type: "string", default: "8081" },
    "enable-leader-election": { type: "boolean", default: false },
  },
});

await runComponent("liqo-controller-manager", "bursts", async (ctx, beforeEnd) => {
  const clusterId = flags["cluster-id"];
  if (clusterId === undefined || clusterId === "") throw new Error("--cluster-id is required");
  const config = inClusterConfig(process.env);
  using client = new KubeClient(config, "liqo-controller-manager");
  await using informers = new Informers(ctx, client);
  const settings = settingsOf(clusterId, config.ca ?? "");
  const recorder = new EventRecorder(client, { component: "liqo-controller-manager" });
  const deps: Deps = {
    client,
    informers,
    events: (component) => recorder.as(component),
    nowMs: Date.now,
    settings,
  };
  let ready = false;
  const metrics = new Metrics();
  await using _health = await startHealthServer({
    port: Number(flags["health-port"]),
    isReady: () => ready,
    metrics: () => metrics.render(),
  });
  const namespace = settings.liqoNamespace;
  const serving = serveWebhooks(ctx, {
    client,
    informers,
    clusterId,
    liqoNamespace: namespace,
    podCidr: settings.podCidr,
    vkOptionsTemplate: settings.vkOptionsTemplate,
    runtimeClass: flags["liqo-runtime-class"],
    port: Number(flags["webhook-port"]),
    secretName: flags["webhook-secret"],
    serviceName: flags["webhook-service"],
    nowMs: Date.now,
    ready: () => {
      ready = true;
    },
    beforeEnd,
  });
  const modules = {
    networking: isOn("networking-enabled"),
    authentication: isOn("authentication-enabled"),
    offloading: isOn("offloading-enabled"),
  };
  const lead = async (leading: typeof ctx): Promise<void> => {
    const replication = replicationControllers({ client, informers, clusterId, nowMs: Date.now });
    const controllers = [...allControllers(deps, modules), ...replication];
    await Promise.all(controllers.map((controller) => runController(leading, controller, metrics)));
  };
  const identity = process.env["POD_NAME"] ?? `pid-${process.pid}`;
  const lease = { namespace, name: "66cf253f.ctrlmgr.liqo.io" };
  const leading = flags["enable-leader-election"] ? runElected(ctx, client, { lease, identity }, lead) : lead(ctx);
  await Promise.all([serving, leading]);
});

function isOn(name: "networking-enabled" | "authentication-enabled" | "offloading-enabled"): boolean {
  return flags[name] !== "false";
}

function settingsOf(clusterId: string, ca: string): Settings {
  const [templateNamespace = "liqo", templateName = "virtual-kubelet-default"] =
    flags["vk-options-default-template"].split("/");
  const enforcement = flags["default-limits-enforcement"];
  if (enforcement !== "None" && enforcement !== "Soft" && enforcement !== "Hard") {
    throw new Error(`--default-limits-enforcement "${enforcement}": must be None, Soft or Hard`);
  }
  const level = POD_SECURITY_LEVELS.find((known) => known === flags["pod-security-enforce"]);
  if (level === undefined)
    throw new Error(
      `--pod-security-enforce "${flags["pod-security-enforce"]}": must be ${POD_SECURITY_LEVELS.join(", ")}`,
    );
  const address = flags["api-server-address-override"];
  return {
    clusterId,
    liqoNamespace: flags["liqo-namespace"],
    ca,
    ...(address !== "" && {
      apiServerAddressOverride: address.startsWith("https://") ? address : `https://${address}`,
    }),
    clusterLabels: pairs("cluster-labels"),
    defaultLimitsEnforcement: enforcement,
    defaultNodeResources: pairs("default-node-resources"),
    reservedNamespaces: flags["reserved-namespaces"].split(",").filter((name) => name !== ""),
    vkOptionsTemplate: { namespace: templateNamespace, name: templateName },
    podCidr: flags["pod-cidr"],
    ...(flags["service-cidr"] !== "" && { serviceCidr: flags["service-cidr"] }),
    podSecurityLevel: level,
    foreignClusterPingMs: durationMs("foreign-cluster-ping-interval"),
    foreignClusterPingTimeoutMs: durationMs("foreign-cluster-ping-timeout"),
  };
}

/** `a=1,b=2` */
function pairs(name: "cluster-labels" | "default-node-resources"): Record<string, string> {
  const entries = flags[name].split(",").filter((entry) => entry !== "");
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      if (at <= 0) throw new Error(`--${name} "${entry}": must be key=value`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function durationMs(name: "foreign-cluster-ping-interval" | "foreign-cluster-ping-timeout"): number {
  const match = /^(\d+)(ms|s|m)$/.exec(flags[name]);
  if (match === null) throw new Error(`--${name} "${flags[name]}": must be a duration such as 15s`);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match[2] ?? "s"] ?? 1_000;
  return Number(match[1]) * unit;
}
