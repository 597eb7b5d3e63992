/** `liqoctl playground create` */

import { parseDuration } from "#base/duration.ts";
import { messageOf } from "#base/errors.ts";
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { flag, InvalidValue, integer } from "#cli/command/flag.ts";
import { CliError } from "#cli/errors.ts";
import { unitsOf } from "#machinery/quantity.ts";
import { configureImages, type ImageOptions } from "#playground/images/store/configure.ts";
import { checkMachine, createClusters, waitReady } from "#playground/supervisor/commands.ts";
import { type ClusterSpec, DEFAULT_CLUSTER, problemsOf } from "#playground/supervisor/spec.ts";
import { clusterNames, pathsOf, programsOf, READY_TIMEOUT_MS } from "./place.ts";

// What is empty is refused, as everything else that is no quantity or CIDR.
const asWritten = (text: string): string => text;

export const createCommand = command({
  path: ["playground", "create"],
  summary: "Create clusters, or change those that exist.",
  examples: [
    "liqoctl playground create milan rome",
    "liqoctl playground create small --workers 1 --cpu 1 --memory 1Gi",
    "liqoctl playground create milan --registry-ca ca.crt --registries registries.conf",
  ],
  args: { names: argument.some("clusters", clusterNames) },
  flags: {
    workers: flag.of("worker nodes of each", "count", integer, DEFAULT_CLUSTER.workers),
    cpu: flag.of("cpu that each worker shows", "quantity", asWritten, DEFAULT_CLUSTER.cpu),
    memory: flag.of("memory that each worker shows", "quantity", asWritten, DEFAULT_CLUSTER.memory),
    podCidr: flag.of("CIDR of the pods", "cidr", asWritten, DEFAULT_CLUSTER.podCidr),
    serviceCidr: flag.of("CIDR of the Services", "cidr", asWritten, DEFAULT_CLUSTER.serviceCidr),
    noLoadBalancer: flag.boolean("give Services of type LoadBalancer no address"),
    registryCa: flag.repeated(
      "certificate of a CA of registries, for all clusters of the home; may be repeated",
      "file",
      {
        complete: "files",
      },
    ),
    registries: flag.string(
      "mirrors, and registries without TLS, for all clusters of the home: a registries.conf(5)",
      "file",
      {
        complete: "files",
      },
    ),
    imageDisk: flag.of<number | undefined>(
      "what pulled and loaded images may have of the disk, for all clusters of the home (default: 32Gi)",
      "quantity",
      bytesOf,
      undefined,
    ),
    imageAge: flag.of<number | undefined>(
      "how long a pulled image stays that nothing uses (default: as long as there is room)",
      "duration",
      ageOf,
      undefined,
    ),
    imageProgressTimeout: flag.of<number | undefined>(
      "after how long without a byte the pull of an image is given up (default: 5m)",
      "duration",
      timeoutOf,
      undefined,
    ),
    auditLog: flag.boolean("log who asked what of the API server, in audit.log of the cluster's folder"),
  },
  async run(ctx, env, { args: { names }, flags }) {
    const { noLoadBalancer, registryCa, registries, imageDisk, imageAge, imageProgressTimeout, ...settings } = flags;
    const paths = pathsOf(env);
    const programs = programsOf(env);
    checkMachine(env.path, programs);
    const specs = names.map(
      (name): ClusterSpec => ({ name, ...settings, loadBalancer: !noLoadBalancer, stopped: false }),
    );
    const problems = specs.flatMap(problemsOf);
    if (problems.length > 0) throw new CliError(problems.join("\n"));
    configure(paths.imageStore, {
      ...{ registryCa, registries, mostBytes: imageDisk, mostAgeMs: imageAge },
      progressTimeoutMs: imageProgressTimeout,
    });
    await createClusters(paths, programs, specs);
    await Promise.all(
      names.map((name) =>
        env.printer.step("global", `Cluster ${name} is ready`, () => waitReady(ctx, paths, name, READY_TIMEOUT_MS)),
      ),
    );
    env.printer.print(`\n  export KUBECONFIG=${paths.kubeconfig}\n  kubectl --context ${names[0]} get nodes`);
  },
});

function configure(root: string, options: ImageOptions): void {
  try {
    configureImages(root, options);
  } catch (cause) {
    throw new CliError(messageOf(cause), { cause });
  }
}

function bytesOf(text: string): number {
  const bytes = unitsOf(text);
  if (bytes <= 0) throw new InvalidValue("must be a quantity such as 32Gi");
  return bytes;
}

function ageOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new InvalidValue("must be a duration such as 24h");
  return ms;
}

function timeoutOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1000) throw new InvalidValue("must be a duration of a second or more, such as 5m");
  return ms;
}
