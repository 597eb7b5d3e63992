/** `liqoctl playground create` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { flag, integer } from "#cli/command/flag.ts";
import { checkMachine, createClusters, waitReady } from "#playground/supervisor/commands.ts";
import { type ClusterSpec, DEFAULT_CLUSTER } from "#playground/supervisor/spec.ts";
import { clusterNames, pathsOf, programsOf, READY_TIMEOUT_MS } from "./place.ts";

// What is empty is refused, as everything else that is no quantity or CIDR.
const asWritten = (text: string): string => text;

export const createCommand = command({
  path: ["playground", "create"],
  summary: "Create clusters, or change those that exist.",
  examples: [
    "liqoctl playground create milan rome",
    "liqoctl playground create small --workers 1 --cpu 1 --memory 1Gi",
  ],
  args: { names: argument.some("clusters", clusterNames) },
  flags: {
    workers: flag.of("worker nodes of each", "count", integer, DEFAULT_CLUSTER.workers),
    cpu: flag.of("cpu that each worker shows", "quantity", asWritten, DEFAULT_CLUSTER.cpu),
    memory: flag.of("memory that each worker shows", "quantity", asWritten, DEFAULT_CLUSTER.memory),
    podCidr: flag.of("CIDR of the pods", "cidr", asWritten, DEFAULT_CLUSTER.podCidr),
    serviceCidr: flag.of("CIDR of the Services", "cidr", asWritten, DEFAULT_CLUSTER.serviceCidr),
    noLoadBalancer: flag.boolean("give Services of type LoadBalancer no address"),
    auditLog: flag.boolean("log who asked what of the API server, in audit.log of the cluster's folder"),
  },
  async run(ctx, env, { args: { names }, flags: { noLoadBalancer, ...settings } }) {
    const paths = pathsOf(env);
    const programs = programsOf(env);
    checkMachine(env.path, programs);
    const specs = names.map(
      (name): ClusterSpec => ({ name, ...settings, loadBalancer: !noLoadBalancer, stopped: false }),
    );
    await createClusters(paths, programs, specs);
    await Promise.all(
      names.map((name) =>
        env.printer.step("global", `Cluster ${name} is ready`, () => waitReady(ctx, paths, name, READY_TIMEOUT_MS)),
      ),
    );
    env.printer.print(`\n  export KUBECONFIG=${paths.kubeconfig}\n  kubectl --context ${names[0]} get nodes`);
  },
});
