/** Which Liqo runs on a cluster. */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Context } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { deployments } from "#machinery/builtin.ts";
import type { Cluster } from "../../cluster.ts";

export interface Installed {
  readonly version: string | undefined;
  readonly clusterLabels: Readonly<Record<string, string>>;
  /** What the controller manager was given for a flag, such as `cluster-labels`. */
  readonly flagOf: (name: string) => string | undefined;
}

/** What the controller manager's Deployment tells; undefined when Liqo is not there. */
export async function findInstalled(ctx: Context, { client, liqoNamespace }: Cluster): Promise<Installed | undefined> {
  const found = await client.find(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER });
  const container = found?.spec?.template.spec?.containers[0];
  if (container === undefined) return undefined;
  const flagOf = flagsOfManager(found);
  const pairs = flagOf("cluster-labels")?.split(",") ?? [];
  return {
    version: container.image?.split(":").at(-1),
    clusterLabels: Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    ),
    flagOf,
  };
}

/** What a Deployment tells the controller manager, by the name of the flag. */
export function flagsOfManager(deployment: Deployment | undefined): Installed["flagOf"] {
  const { args = [] } = deployment?.spec?.template.spec?.containers[0] ?? {};
  return (name) => {
    const flag = `--${name}=`;
    return args.find((arg) => arg.startsWith(flag))?.slice(flag.length);
  };
}
