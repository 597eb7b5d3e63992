/** `liqoctl cordon resourceslice`. Upstream: pkg/liqoctl/cordon */
import { command } from "../../command/command.ts";
import { cordonSlice, sliceArgs, sliceFlags } from "../../slice-cordon.ts";

export const cordonResourceSliceCommand = command({
  path: ["cordon", "resourceslice"],
  aliases: ["resourceslices", "rs"],
  summary: "At a provider: run no new pods for one ResourceSlice.",
  description: "Those that run go on. Repeatable.",
  examples: ["liqoctl cordon resourceslice rome --remote-cluster-id milan"],
  args: sliceArgs,
  flags: sliceFlags,
  run: (ctx, env, given) => cordonSlice(ctx, env, given, { isCordoned: true, verb: "cordon resourceslice" }),
});
