/** Flags that several commands share, and the clusters that they name. Upstream: pkg/liqoctl/factory */
import { type Cluster, openCluster } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { HelmFlags } from "../helm.ts";
import { completeKubeconfig, namespaceNames } from "./candidates.ts";
import type { CommandEnvironment, Environment } from "./environment.ts";
import { type FlagValues, flag } from "./flag.ts";

const DEFAULT_NAMESPACE = "liqo";

/** Which cluster, and as whom. */
export const accessFlags = {
  kubeconfig: flag.string("kubeconfig of the local cluster (default: $KUBECONFIG or ~/.kube/config)", "path", {
    complete: "files",
  }),
  context: flag.string("context of the local cluster", "name", { complete: completeKubeconfig("contexts", "local") }),
  cluster: flag.string("cluster entry of the local kubeconfig", "name", {
    complete: completeKubeconfig("clusters", "local"),
  }),
  user: flag.string("user entry of the local kubeconfig", "name", { complete: completeKubeconfig("users", "local") }),
  verbose: flag.boolean("say more", { short: "v" }),
};

export const remoteAccessFlags = {
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
};

/** For verbs about Liqo itself: `--namespace` is where it is installed. */
export const clusterFlags = {
  ...accessFlags,
  namespace: flag.string("namespace of Liqo", "name", {
    short: "n",
    initial: DEFAULT_NAMESPACE,
    complete: namespaceNames,
  }),
};

export const remoteFlags = {
  ...clusterFlags,
  ...remoteAccessFlags,
  remoteNamespace: flag.string("namespace of Liqo in the remote cluster (default: as --namespace)", "name"),
};

/** For verbs about single objects: `--namespace` is where they lie. */
export const scopeFlags = {
  ...accessFlags,
  namespace: flag.string("namespace of the object (default: the tenant namespace of the peer)", "name", {
    short: "n",
    complete: namespaceNames,
  }),
};

export const liqoNamespaceFlag = {
  liqoNamespace: flag.string("namespace of Liqo", "name", { initial: DEFAULT_NAMESPACE, complete: namespaceNames }),
};

/** As scopeFlags, for two clusters. */
export const remoteScopeFlags = {
  ...scopeFlags,
  ...liqoNamespaceFlag,
  ...remoteAccessFlags,
  remoteNamespace: flag.string(
    "namespace of the objects in the remote cluster (default: the tenant namespace of the peer)",
    "name",
  ),
  remoteLiqoNamespace: flag.string("namespace of Liqo in the remote cluster", "name", { initial: DEFAULT_NAMESPACE }),
};

export function outputFlag(description: string) {
  return flag.choice(description, "format", ["json", "yaml"], { short: "o" });
}

export function timeoutFlag(initial: string) {
  return flag.duration("how long to wait", initial);
}

type Access = FlagValues<typeof accessFlags>;
type RemoteAccess = FlagValues<typeof remoteAccessFlags>;

export function openLocal(flags: FlagValues<typeof clusterFlags>, env: Environment): Cluster {
  return openCluster(flags, flags.namespace, env.defaultKubeconfig, env.marks());
}

export function openRemote(flags: FlagValues<typeof remoteFlags>, env: Environment): Cluster {
  return openOther(flags, flags.remoteNamespace ?? flags.namespace, env);
}

/** As openLocal where `--namespace` is that of objects. */
export function openScope(flags: Access & { readonly liqoNamespace?: string }, env: Environment): Cluster {
  return openCluster(flags, flags.liqoNamespace ?? DEFAULT_NAMESPACE, env.defaultKubeconfig, env.marks());
}

export function openRemoteScope(flags: FlagValues<typeof remoteScopeFlags>, env: Environment): Cluster {
  return openOther(flags, flags.remoteLiqoNamespace, env);
}

/** Undefined where none is named. */
export function openOtherIfNamed(
  flags: Access & RemoteAccess,
  env: Environment,
  liqoNamespace = DEFAULT_NAMESPACE,
): Cluster | undefined {
  return isRemoteNamed(flags) ? openOther(flags, liqoNamespace, env) : undefined;
}

function isRemoteNamed({ remoteKubeconfig, remoteContext, remoteCluster, remoteUser }: RemoteAccess): boolean {
  return [remoteKubeconfig, remoteContext, remoteCluster, remoteUser].some((value) => value !== undefined);
}

function openOther(flags: Access & RemoteAccess, liqoNamespace: string, env: Environment): Cluster {
  const remote = {
    kubeconfig: flags.remoteKubeconfig,
    context: flags.remoteContext,
    cluster: flags.remoteCluster,
    user: flags.remoteUser,
  };
  if (!isRemoteNamed(flags)) {
    throw new CliError("the remote cluster is not named", {
      hint: "give --remote-kubeconfig, or --remote-context for a context of the same kubeconfig",
    });
  }
  const kubeconfig = remote.kubeconfig ?? flags.kubeconfig ?? env.defaultKubeconfig;
  return openCluster({ ...remote, kubeconfig }, liqoNamespace, kubeconfig, env.marks());
}

export function helmFlags(flags: FlagValues<typeof clusterFlags>, env: CommandEnvironment): HelmFlags {
  return { kubeconfig: flags.kubeconfig ?? env.defaultKubeconfig, context: flags.context };
}
