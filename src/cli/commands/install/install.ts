/** `liqoctl install` and its providers. Upstream: pkg/liqoctl/install */
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { type Command, command } from "../../command/command.ts";
import type { CommandEnvironment, Environment } from "../../command/environment.ts";
import type { Flags, FlagValues } from "../../command/flag.ts";
import { helmFlags, openLocal } from "../../command/flag-groups.ts";
import { installFlags } from "./flags.ts";
import { foretell } from "./foretell.ts";
import type { InstallOptions } from "./options.ts";
import { install } from "./perform.ts";
import type { Provider } from "./provider.ts";
import { aks } from "./providers/aks.ts";
import { eks } from "./providers/eks.ts";
import { generic } from "./providers/generic.ts";
import { gke } from "./providers/gke.ts";
import { k3s } from "./providers/k3s.ts";
import { kind, kubeadm } from "./providers/kubeadm.ts";
import { openshift } from "./providers/openshift.ts";

function installCommand<F extends Flags>({ name, flags: own, detect, ...described }: Provider<F>): Command {
  const optionsOf = (given: unknown, env: CommandEnvironment): InstallOptions => {
    // Each flag's value was made by the flag of that name: common ones here, the provider's in `detect`.
    const flags = given as FlagValues<typeof installFlags>;
    return {
      ...flags,
      // Where the provider's own flag of that name says how the cloud calls the cluster, `detect` tells it.
      clusterId: "clusterId" in own ? undefined : flags.clusterId,
      provider: name,
      chart: chartOf(flags, env),
      helm: helmFlags(flags, env),
      timeoutMs: flags.timeout,
      detect: (limited, found) => detect(limited, found, given as FlagValues<F>),
    };
  };
  return command({
    ...described,
    path: name === undefined ? ["install"] : ["install", name],
    flags: { ...installFlags, ...own },
    async plan(ctx: Context, env: Environment, { flags: given }) {
      const options = optionsOf(given, env);
      using cluster = openLocal(options, env);
      return await foretell(ctx, env.printer, cluster, { ...options, commandLine: env.commandLine });
    },
    async run(ctx: Context, env: Environment, { flags: given }) {
      const options = optionsOf(given, env);
      using cluster = openLocal(options, env);
      await install(ctx, env.printer, cluster, {
        ...options,
        confirmReplacing: () => env.confirm("install over upstream's Liqo"),
      });
    },
  });
}

function chartOf({ localChartPath }: FlagValues<typeof installFlags>, env: CommandEnvironment): string {
  return localChartPath ?? join(env.project, "deploy/chart");
}

export const installCommands: readonly Command[] = [
  installCommand(generic),
  installCommand(kubeadm),
  installCommand(kind),
  installCommand(k3s),
  installCommand(openshift),
  installCommand(aks),
  installCommand(eks),
  installCommand(gke),
];
