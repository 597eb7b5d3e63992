/** What comes before the first change, and before a plan: what can be seen to be wrong is refused. Changes nothing. */
import { stringify } from "yaml";
import type { Context } from "#base/context.ts";
import { answered, type Cluster, findClusterId } from "../../cluster.ts";
import type { Printer } from "../../printer/printer.ts";
import type { InstallOptions } from "./options.ts";
import { planRelease } from "./plan.ts";
import { type Release, releaseArguments } from "./release.ts";
import { checkClusterId, checkOutput, checkSource } from "./settings.ts";

export interface Prepared {
  readonly clusterId: string;
  /** The cluster has none yet. */
  readonly isNew: boolean;
  readonly release: Release;
}

/** `checkRights`: asked once the cluster has answered. */
export async function prepare(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions & { readonly checkRights?: () => Promise<void> },
): Promise<Prepared> {
  checkSource(options);
  checkOutput(options);
  if (options.clusterId !== undefined) checkClusterId(options.clusterId);
  const present = await printer.step("local", "API server reached", () =>
    answered(ctx, cluster, (limited) => findClusterId(limited, cluster)),
  );
  await options.checkRights?.();
  const { clusterId, values } = await planRelease(ctx, printer, cluster, present, options);
  const release = { args: releaseArguments(cluster, options), values: stringify(values) };
  return { clusterId, isNew: present === undefined, release };
}
