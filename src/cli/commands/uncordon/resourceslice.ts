/** `liqoctl uncordon resourceslice`. Upstream: pkg/liqoctl/uncordon */
import { command } from "../../command/command.ts";
import { cordonSlice, sliceArgs, sliceFlags } from "../../slice-cordon.ts";

export const uncordonResourceSliceCommand = command({
  path: ["uncordon", "resourceslice"],
  aliases: ["resourceslices", "rs"],
  summary: "At a provider: run new pods for a ResourceSlice again.",
  description: "Repeatable.",
  examples: ["liqoctl uncordon resourceslice rome --remote-cluster-id milan"],
  args: sliceArgs,
  flags: sliceFlags,
  run: (ctx, env, given) => cordonSlice(ctx, env, given, { isCordoned: false, verb: "uncordon resourceslice" }),
});
