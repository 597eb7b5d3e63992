/** `liqoctl test network`. Upstream: pkg/liqoctl/test/network */
import { parseIpv4 } from "#base/cidr.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { formatDuration } from "#base/duration.ts";
import { type Cluster, openCluster } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import type { Environment } from "../../command/environment.ts";
import { type Flag, flag, InvalidValue, port } from "../../command/flag.ts";
import { clusterFlags, openLocal, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { runChecks } from "../../network-test/checks.ts";
import { printInfo } from "../../network-test/info.ts";
import { identifyMembers } from "../../network-test/members.ts";
import { NAMESPACE } from "../../network-test/names.ts";
import type { ExternalAddress, TestOptions } from "../../network-test/options.ts";
import { setUp, tearDown } from "../../network-test/setup.ts";

const external: Flag<ExternalAddress> = flag.of(
  "address outside of the clusters for the checks to the outside",
  "ip[:port]",
  (text) => {
    const [address = "", after] = text.split(":");
    if (parseIpv4(address) === undefined) throw new InvalidValue("must be an IPv4 address, a port may follow");
    return { address, port: after === undefined ? undefined : port(after) };
  },
  { address: "1.1.1.1", port: undefined },
);

export const testNetworkCommand = command({
  path: ["test", "network"],
  aliases: ["net"],
  summary: "Check the network between this cluster (the consumer) and its providers.",
  description: `Runs a web server on every node of all clusters, in the namespace ${NAMESPACE}, and has each ask all others: by their addresses, by a Service, from the nodes, and what the flags add. The image is that of Liqo: nothing else is pulled. What was made stays for the next run, unless --rm is given.`,
  examples: [
    "liqoctl test network -p rome.yaml,oslo.yaml",
    "liqoctl test network -p rome.yaml --basic --rm",
    "liqoctl test network -p rome.yaml --np-nodes all --np-ext --pod-np --ip --lb",
  ],
  flags: {
    ...clusterFlags,
    remoteKubeconfigs: flag.lists("kubeconfigs of the providers", "path", {
      short: "p",
      isRequired: true,
      complete: "files",
    }),
    info: flag.boolean("first print the CIDRs of the clusters, and what they are remapped to"),
    rm: flag.boolean("remove what was made, if all checks succeed"),
    basic: flag.boolean("check from pod to pod alone"),
    npExt: flag.boolean("check NodePorts from here, too"),
    npNodes: flag.choice("nodes whose ports are checked", "nodes", ["all", "workers", "control-planes"], {
      initial: "all",
    }),
    podNp: flag.boolean("check NodePorts from pods, too"),
    lb: flag.boolean("check load balancers from here, too"),
    ip: flag.boolean("check addresses that stand for external ones, too"),
    external: { ...external, shown: "1.1.1.1" },
    failFast: flag.boolean("stop at the first failure"),
    timeout: timeoutFlag("5m"),
  },
  async run(ctx, env, { flags }) {
    using opened = new DisposableStack();
    const consumer = opened.use(openLocal(flags, env));
    const providers = flags.remoteKubeconfigs.map((kubeconfig) =>
      opened.use(openCluster({ kubeconfig }, flags.namespace, kubeconfig, env.marks())),
    );
    const limited = withTimeout(ctx, flags.timeout);
    try {
      await testNetwork(limited, env, consumer, providers, { ...flags, timeoutMs: flags.timeout });
    } catch (cause) {
      if (cause instanceof CliError || !limited.signal.aborted || ctx.signal.aborted) throw cause;
      throw new CliError(`the test did not end within ${formatDuration(flags.timeout)}`, {
        cause,
        hint: "give it longer with --timeout, or see which step it was in",
      });
    }
  },
});

async function testNetwork(
  ctx: Context,
  { printer }: Environment,
  consumer: Cluster,
  providers: readonly Cluster[],
  options: TestOptions & { readonly info: boolean; readonly rm: boolean },
): Promise<void> {
  const members = await printer.step("global", "Clients initialized", () => identifyMembers(ctx, consumer, providers));
  const [first] = members;
  if (first === undefined) return;
  if (options.info) await printInfo(ctx, printer, members);
  const addresses = await printer.step("global", "Infrastructure set up", () => setUp(ctx, members, first, options));
  await runChecks(ctx, printer, members, addresses, options);
  if (options.rm) await printer.step("global", "Namespaces removed", () => tearDown(ctx, members, options.timeoutMs));
}
