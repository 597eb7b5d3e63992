/** Flags that several commands share, and the clusters that they name. Upstream: pkg/liqoctl/factory */
import { type Cluster, openCluster } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { HelmFlags } from "../helm.ts";
import { completeKubeconfig, namespaceNames } from "./candidates.ts";
import type { CommandEnvironment } from "./environment.ts";
import { type FlagValues, flag } from "./flag.ts";

const DEFAULT_NAMESPACE = "liqo";

export const clusterFlags = {
  kubeconfig: flag.string("kubeconfig of the local cluster (default: $KUBECONFIG or ~/.kube/config)", "path", {
    complete: "files",
  }),
  context: flag.string("context of the local cluster", "name", { complete: completeKubeconfig("contexts", "local") }),
  cluster: flag.string("cluster entry of the local kubeconfig", "name", {
    complete: completeKubeconfig("clusters", "local"),
  }),
  user: flag.string("user entry of the local kubeconfig", "name", { complete: completeKubeconfig("users", "local") }),
  namespace: flag.string("namespace of Liqo", "name", {
    short: "n",
    initial: DEFAULT_NAMESPACE,
    complete: namespaceNames,
  }),
  verbose: flag.boolean("say more", { short: "v" }),
};

export const remoteFlags = {
  ...clusterFlags,
  remoteKubeconfig: flag.string(
    "kubeconfig of the remote cluster (default: the local one, with --remote-context)",
    "path",
    { complete: "files" },
  ),
  remoteContext: flag.string("context of the remote cluster", "name", {
    complete: completeKubeconfig("contexts", "remote"),
  }),
  remoteCluster: flag.string("cluster entry of the remote kubeconfig", "name", {
    complete: completeKubeconfig("clusters", "remote"),
  }),
  remoteUser: flag.string("user entry of the remote kubeconfig", "name", {
    complete: completeKubeconfig("users", "remote"),
  }),
  remoteNamespace: flag.string("namespace of Liqo in the remote cluster (default: as --namespace)", "name"),
};

export function outputFlag(description: string) {
  return flag.choice(description, "format", ["json", "yaml"], { short: "o" });
}

export function timeoutFlag(initial: string) {
  return flag.duration("how long to wait", initial);
}

export function openLocal(flags: FlagValues<typeof clusterFlags>, env: CommandEnvironment): Cluster {
  return openCluster(flags, flags.namespace, env.defaultKubeconfig);
}

export function openRemote(flags: FlagValues<typeof remoteFlags>, env: CommandEnvironment): Cluster {
  const remote = {
    kubeconfig: flags.remoteKubeconfig,
    context: flags.remoteContext,
    cluster: flags.remoteCluster,
    user: flags.remoteUser,
  };
  if (Object.values(remote).every((value) => value === undefined)) {
    throw new CliError("the remote cluster is not named", {
      hint: "give --remote-kubeconfig, or --remote-context for a context of the same kubeconfig",
    });
  }
  const kubeconfig = remote.kubeconfig ?? flags.kubeconfig ?? env.defaultKubeconfig;
  return openCluster({ ...remote, kubeconfig }, flags.remoteNamespace ?? flags.namespace, kubeconfig);
}

export function helmFlags(flags: FlagValues<typeof clusterFlags>, env: CommandEnvironment): HelmFlags {
  return { kubeconfig: flags.kubeconfig ?? env.defaultKubeconfig, context: flags.context };
}
