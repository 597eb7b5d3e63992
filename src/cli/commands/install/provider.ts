/** What `liqoctl install <provider>` finds out of a cluster by itself. Upstream: pkg/liqoctl/install (Provider) */
import type { Context } from "#base/context.ts";
import type { Cluster } from "../../cluster.ts";
import type { Flags, FlagValues } from "../../command/flag.ts";
import type { Values } from "./values.ts";

export interface Detected {
  readonly podCidrs: readonly string[];
  readonly serviceCidr: string;
  readonly apiServer: ApiServer;
  /** Beside those of --reserved-subnets. */
  readonly reservedSubnets?: readonly string[];
  /** Beside those of --cluster-labels, which win. */
  readonly clusterLabels?: Readonly<Record<string, string>>;
  /** For a cluster that has none yet, when --cluster-id is not given. */
  readonly clusterId?: string;
  /** Of the chart; those of --values and --set win. */
  readonly values?: Values;
  /** What will not work there. */
  readonly warnings?: readonly string[];
}

/** Where peers find the API server. */
export interface ApiServer {
  /** Undefined: that of the kubeconfig, as far as `isKubeconfigs`; otherwise the chart's default. */
  readonly url: string | undefined;
  readonly isKubeconfigs: boolean;
  /** Whether a `url` must be that of the kubeconfig. */
  readonly isCompared: boolean;
}

/** As the generic command does: the URL that is given, or that of the kubeconfig. */
export function apiServerOf(url: string | undefined): ApiServer {
  return { url, isKubeconfigs: true, isCompared: true };
}

export interface Provider<F extends Flags> {
  /** The word after `install`, and the value of the cluster label liqo.io/provider; undefined: none. */
  readonly name: string | undefined;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly flags: F;
  /** Reads; changes nothing. Throws a CliError that says what to do. */
  detect(ctx: Context, cluster: Cluster, flags: FlagValues<F>): Promise<Detected>;
}

export function provider<F extends Flags>(spec: Provider<F>): Provider<F> {
  return spec;
}
