/** What one installation is told. */
import type { Context } from "#base/context.ts";
import type { Cluster } from "../../cluster.ts";
import type { FlagValues } from "../../command/flag.ts";
import type { HelmFlags } from "../../helm.ts";
import type { installFlags } from "./flags.ts";
import type { Detected } from "./provider.ts";

export interface InstallOptions extends FlagValues<typeof installFlags> {
  /** Undefined: none is named. */
  readonly provider: string | undefined;
  readonly helm: HelmFlags;
  readonly chart: string;
  readonly timeoutMs: number;
  readonly detect: (ctx: Context, cluster: Cluster) => Promise<Detected>;
}
