/** `liqoctl version`. Upstream: pkg/liqoctl/version */
import { COMPATIBLE_WITH, VERSION } from "#base/version.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { clusterFlags, openLocal } from "../../command/flag-groups.ts";
import { findInstalled } from "../install/installed.ts";

export const versionCommand = command({
  path: ["version"],
  summary: "Show the versions of liqoctl and of Liqo on the cluster.",
  description: `Both have one version, that of this project; they answer to what upstream Liqo ${COMPATIBLE_WITH} does.`,
  flags: { ...clusterFlags, client: flag.boolean("only that of liqoctl") },
  async run(ctx, env, { flags }) {
    env.printer.print(`Client version: ${VERSION}`);
    if (flags.client) return;
    using cluster = openLocal(flags, env);
    // A cluster that does not answer has no version to tell.
    const version = await findInstalled(ctx, cluster).then(
      (found) => found?.version,
      () => undefined,
    );
    env.printer.print(`Server version: ${version ?? "Unknown"}`);
    if (version !== undefined && version !== VERSION)
      env.printer.warning("local", `liqoctl is ${VERSION}, the cluster runs ${version}`);
  },
});
