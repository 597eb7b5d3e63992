/** Flags of liqo-dashboard, which runs in the cluster that it shows. Not upstream's. */
import { FlagError, integer, list, parseFlags, text } from "#base/flags.ts";

export interface ComponentOptions {
  readonly port: number;
  readonly healthPort: number;
  /** Names by which browsers ask for it. */
  readonly allowedHosts: readonly string[];
  readonly liqoNamespace: string;
  /** undefined: the account of the pod. */
  readonly kubeconfig: string | undefined;
}

/** Throws a FlagError that names the flag. */
export function parseComponentOptions(args: readonly string[]): ComponentOptions {
  const flags = parseFlags(args, {
    port: integer(8_080),
    "health-port": integer(8_081),
    "allowed-host": list(),
    "liqo-namespace": text("liqo"),
    kubeconfig: text(),
  });
  if (flags["allowed-host"].length === 0)
    throw new FlagError("--allowed-host must be given: the name that browsers know it by, such as liqo.example.org");
  return {
    port: flags.port,
    healthPort: flags["health-port"],
    allowedHosts: flags["allowed-host"],
    liqoNamespace: flags["liqo-namespace"],
    kubeconfig: flags.kubeconfig,
  };
}
