/** The flags of Liqo's commands, with upstream's names and defaults. Upstream: cmd/liqoctl/cmd */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { forceUnpeer } from "#cli/commands/force/unpeer.ts";
import { install } from "#cli/commands/install/install.ts";
import { findInstalled } from "#cli/commands/install/installed.ts";
import { checkOffloadable, forgeOffloading, offloadNamespace } from "#cli/commands/offload/namespace.ts";
import { peer } from "#cli/commands/peer/peer.ts";
import { uninstall } from "#cli/commands/uninstall/uninstall.ts";
import { unoffloadNamespace } from "#cli/commands/unoffload/namespace.ts";
import { unpeer } from "#cli/commands/unpeer/unpeer.ts";
import { chooseNamespaces } from "#cli/namespaces.ts";
import type { LiqoctlEnvironment } from "./environment.ts";
import {
  collect,
  examples,
  type Flags,
  helmFlags,
  list,
  number,
  openLocal,
  openRemote,
  optional,
  pairs,
  port,
  switchedOn,
  text,
  timeout,
  withCluster,
  withRemote,
} from "./flags.ts";
import { addInfo } from "./info.ts";

const VERSION = "v1.2.0";

export function addLiqoCommands(program: Command, env: LiqoctlEnvironment): void {
  addInstall(program, env);
  addUninstall(program, env);
  addPeer(program, env);
  addUnpeer(program, env);
  addForce(program, env);
  addOffload(program, env);
  addInfo(program, env);
  addVersion(program, env);
}

function addInstall(program: Command, env: LiqoctlEnvironment): void {
  withCluster(program.command("install").alias("upgrade"))
    .description("Install or upgrade Liqo on a cluster.")
    .requiredOption("--pod-cidr <cidr>", "CIDR of the pods")
    .requiredOption("--service-cidr <cidr>", "CIDR of the Services")
    .option("--cluster-id <id>", "id of the cluster, unique among its peers (default: the present one, or generated)")
    .option("--cluster-labels <k=v,…>", "labels of the cluster, copied to virtual nodes", pairs, {})
    .option("--reserved-subnets <cidr,…>", "CIDRs never to be given to a peer", list, [])
    .option("--api-server-url <url>", "API server as peers reach it (default: that of the kubeconfig)")
    .option("--local-chart-path <path>", "chart to install (default: the project's)")
    .option("--set <k=v>", "chart value; may be repeated", collect, [])
    .option("--set-string <k=v>", "chart value that is a text; may be repeated", collect, [])
    .option("--values <file>", "file of chart values; may be repeated", collect, [])
    .option("--dry-run", "render, change nothing", false)
    .addOption(timeout("10m"))
    .addHelpText(
      "after",
      examples("liqoctl install --cluster-id milan --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16"),
    )
    .action(async (flags: Flags) => {
      using cluster = openLocal(flags, env);
      await install(env.ctx, env.printer, cluster, {
        helm: helmFlags(flags, env),
        chart: text(flags, "localChartPath") ?? join(env.project, "deploy/chart"),
        ...optional("clusterId", text(flags, "clusterId")),
        podCidr: text(flags, "podCidr") ?? "",
        serviceCidr: text(flags, "serviceCidr") ?? "",
        reservedSubnets: flags["reservedSubnets"] as string[],
        clusterLabels: flags["clusterLabels"] as unknown as Record<string, string>,
        ...optional("apiServerUrl", text(flags, "apiServerUrl")),
        set: flags["set"] as string[],
        setString: flags["setString"] as string[],
        values: flags["values"] as string[],
        dryRun: flags["dryRun"] === true,
        timeoutMs: Number(flags["timeout"]),
        confirmReplacing: () => env.confirm("install over upstream's Liqo"),
      });
    });
}

function addUninstall(program: Command, env: LiqoctlEnvironment): void {
  withCluster(program.command("uninstall"))
    .description("Uninstall Liqo from a cluster that has no peers left.")
    .option("--purge", "remove the CRDs and Liqo's namespace too", false)
    .addOption(timeout("10m"))
    .addHelpText("after", examples("liqoctl uninstall", "liqoctl uninstall --purge"))
    .action(async (flags: Flags) => {
      using cluster = openLocal(flags, env);
      await env.confirm("uninstall");
      await uninstall(env.ctx, env.printer, cluster, {
        helm: helmFlags(flags, env),
        purge: flags["purge"] === true,
        timeoutMs: Number(flags["timeout"]),
      });
    });
}

function addPeer(program: Command, env: LiqoctlEnvironment): void {
  withRemote(program.command("peer"))
    .description("Use the resources of a remote cluster (the provider) in the local one (the consumer).")
    .addOption(timeout("10m"))
    .option("--networking-disabled", "no tunnel between the clusters", false)
    .addOption(
      new Option("--gw-server-service-location <where>", "which cluster runs the gateway server")
        .choices(["Provider", "Consumer"])
        .default("Provider"),
    )
    .addOption(
      new Option("--gw-server-service-type <type>", "Service of the gateway server")
        .choices(["LoadBalancer", "NodePort", "ClusterIP"])
        .default("LoadBalancer"),
    )
    .option("--gw-server-service-port <port>", "port of the gateway server", port, 51840)
    .option("--gw-server-service-nodeport <port>", "node port of the gateway server", port)
    .option("--gw-server-service-loadbalancerip <ip>", "address wanted from the load balancer")
    .option("--gw-client-address <address>", "address the client dials instead of the server's")
    .option("--gw-client-port <port>", "port the client dials instead of the server's", port)
    .option("--mtu <bytes>", "MTU of the tunnel", number, 1340)
    .addOption(switchedOn("create-resource-slice", "ask for resources"))
    .option("--resource-slice-class <class>", "class of the ResourceSlice", "default")
    .addOption(switchedOn("create-virtual-node", "make a node of the resources"))
    .option("--cpu <quantity>", "cpu to ask for")
    .option("--memory <quantity>", "memory to ask for")
    .option("--pods <quantity>", "pods to ask for")
    .option("--resource <k=v,…>", "other resources to ask for", pairs, {})
    .option("--proxy-url <url>", "proxy for the provider's API server")
    .addHelpText(
      "after",
      examples(
        "liqoctl peer --remote-kubeconfig rome.yaml",
        "liqoctl peer --context milan --remote-context rome --cpu 8 --memory 16Gi",
      ),
    )
    .action(async (flags: Flags) => {
      using local = openLocal(flags, env);
      using remote = openRemote(flags, env);
      const amounts = Object.entries({
        cpu: text(flags, "cpu"),
        memory: text(flags, "memory"),
        pods: text(flags, "pods"),
      }).filter(([, value]) => value !== undefined);
      await peer(env.ctx, env.printer, local, remote, {
        networkingDisabled: flags["networkingDisabled"] === true,
        serverLocation: flags["gwServerServiceLocation"] === "Consumer" ? "Consumer" : "Provider",
        serviceType: flags["gwServerServiceType"] as "LoadBalancer" | "NodePort" | "ClusterIP",
        port: Number(flags["gwServerServicePort"]),
        ...optional("nodePort", flags["gwServerServiceNodeport"] as number | undefined),
        ...optional("loadBalancerIp", text(flags, "gwServerServiceLoadbalancerip")),
        ...optional("clientAddress", text(flags, "gwClientAddress")),
        ...optional("clientPort", flags["gwClientPort"] as number | undefined),
        mtu: Number(flags["mtu"]),
        createResourceSlice: flags["createResourceSlice"] === true,
        resourceSliceClass: text(flags, "resourceSliceClass") ?? "default",
        createVirtualNode: flags["createVirtualNode"] === true,
        resources: {
          ...(Object.fromEntries(amounts) as Record<string, string>),
          ...(flags["resource"] as unknown as Record<string, string>),
        },
        ...optional("proxyUrl", text(flags, "proxyUrl")),
        timeoutMs: Number(flags["timeout"]),
      });
    });
}

function addUnpeer(program: Command, env: LiqoctlEnvironment): void {
  withRemote(program.command("unpeer"))
    .description("End the use of a provider: pods come home, the virtual node goes.")
    .addOption(timeout("2m"))
    .addOption(switchedOn("wait", "wait until the network of the peering is gone"))
    .option("--delete-namespaces", "remove the tenant namespaces too", false)
    .addHelpText(
      "after",
      examples(
        "liqoctl unpeer --remote-kubeconfig rome.yaml",
        "liqoctl unpeer --context milan --remote-context rome --delete-namespaces",
      ),
    )
    .action(async (flags: Flags) => {
      using local = openLocal(flags, env);
      using remote = openRemote(flags, env);
      await unpeer(env.ctx, env.printer, local, remote, {
        timeoutMs: Number(flags["timeout"]),
        deleteNamespaces: flags["deleteNamespaces"] === true,
        wait: flags["wait"] === true,
        // Upstream does not ask, and scripts count on it.
        confirm: async () => (env.isAnswered ? env.confirm("unpeer") : undefined),
      });
    });
}

function addForce(program: Command, env: LiqoctlEnvironment): void {
  withCluster(program.command("force").description("Force actions on Liqo.").command("unpeer"))
    .argument("<cluster-id>", "id of the peer")
    .description("Remove everything of a peer at this cluster alone: it is unreachable and will not come back.")
    .addHelpText("after", examples("liqoctl force unpeer rome"))
    .action(async (id: string, flags: Flags) => {
      using cluster = openLocal(flags, env);
      const confirm = () => env.confirm("force unpeer");
      await forceUnpeer(env.ctx, env.printer, cluster, id, confirm);
    });
}

function addOffload(program: Command, env: LiqoctlEnvironment): void {
  withCluster(
    program.command("offload").description("Extend something to remote clusters.").command("namespace").alias("ns"),
  )
    .argument("[names...]", "namespaces")
    .description("Extend namespaces to remote clusters.")
    .option("--ns-selector <selector>", "namespaces with these labels, instead of names")
    .addOption(new Option("-o, --output <format>", "print the object, change nothing").choices(["json", "yaml"]))
    .addOption(
      new Option("--pod-offloading-strategy <strategy>", "where pods may run")
        .choices(["Local", "Remote", "LocalAndRemote"])
        .default("LocalAndRemote"),
    )
    .addOption(
      new Option("--namespace-mapping-strategy <strategy>", "name of the twin")
        .choices(["DefaultName", "EnforceSameName", "SelectedName"])
        .default("DefaultName"),
    )
    .option("--remote-namespace-name <name>", "name of the twin, with SelectedName")
    .option("-l, --selector <selector>", "labels of the clusters to use; may be repeated (ORed)", collect, [])
    .addOption(timeout("20s"))
    .addHelpText(
      "after",
      examples(
        "liqoctl offload namespace liqo-demo",
        "liqoctl offload namespace web --pod-offloading-strategy Remote -l topology.kubernetes.io/region=eu",
      ),
    )
    .action(async (names: string[], flags: Flags) => {
      using cluster = openLocal(flags, env);
      const settings = {
        podOffloadingStrategy: flags["podOffloadingStrategy"] as "Local",
        namespaceMappingStrategy: flags["namespaceMappingStrategy"] as "DefaultName",
        ...optional("remoteNamespaceName", text(flags, "remoteNamespaceName")),
        selectors: flags["selector"] as string[],
        timeoutMs: Number(flags["timeout"]),
      };
      const chosen = await chooseNamespaces(env.ctx, cluster, names, text(flags, "nsSelector"));
      for (const name of chosen) await checkOffloadable(env.ctx, cluster, name, settings);
      for (const name of chosen) {
        if (flags["output"] === undefined) await offloadNamespace(env.ctx, env.printer, cluster, name, settings);
        else env.printer.print(printed(forgeOffloading(name, settings), flags["output"] === "json"));
      }
    });
  withCluster(program.command("unoffload").description("Bring something home.").command("namespace").alias("ns"))
    .argument("[names...]", "namespaces")
    .option("--ns-selector <selector>", "namespaces with these labels, instead of names")
    .description("Bring the pods of namespaces home and remove their twins.")
    .addOption(timeout("2m"))
    .addHelpText("after", examples("liqoctl unoffload namespace liqo-demo"))
    .action(async (names: string[], flags: Flags) => {
      using cluster = openLocal(flags, env);
      await env.confirm("unoffload namespace");
      const chosen = await chooseNamespaces(env.ctx, cluster, names, text(flags, "nsSelector"));
      for (const name of chosen)
        await unoffloadNamespace(env.ctx, env.printer, cluster, name, Number(flags["timeout"]));
    });
}

function printed(object: object, asJson: boolean): string {
  return asJson ? JSON.stringify(object, undefined, 2) : stringify(object).trimEnd();
}

function addVersion(program: Command, env: LiqoctlEnvironment): void {
  withCluster(program.command("version"))
    .description("Show the versions of liqoctl and of Liqo on the cluster.")
    .option("--client", "only that of liqoctl", false)
    .action(async (flags: Flags) => {
      env.printer.print(`Client version: ${VERSION}`);
      if (flags["client"] === true) return;
      using cluster = openLocal(flags, env);
      const version = await findInstalled(env.ctx, cluster).then(
        (found) => found?.version,
        () => undefined,
      );
      env.printer.print(`Server version: ${version ?? "Unknown"}`);
      if (version !== undefined && version !== VERSION)
        env.printer.warning("local", `liqoctl is ${VERSION}, the cluster runs ${version}`);
    });
}
