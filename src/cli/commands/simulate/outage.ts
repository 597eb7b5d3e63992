/** `liqoctl simulate outage`: what each pod would do without a peer. Not upstream's. */
import { argument } from "../../command/argument.ts";
import { peerIds } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { accessFlags, openScope, outputFlag } from "../../command/flag-groups.ts";
import { collectOutageFacts } from "../../outage/facts.ts";
import { formatOutage } from "../../outage/format.ts";
import { predictOutage } from "../../outage/predict.ts";
import { formatObject } from "../../printer/object.ts";

export const simulateOutageCommand = command({
  path: ["simulate", "outage"],
  summary: "Tell what would become of pods and Services if a peer were lost, without doing anything.",
  description:
    "Of each pod that runs in that cluster: whether it stays, or is replaced, after how long and where, as its tolerations, the annotation liqo.io/on-peer-lost and its controller have it; of each Service: whether anybody would still answer. Only this cluster is asked. Nothing is changed.",
  examples: ["liqoctl simulate outage rome", "liqoctl simulate outage rome -o json"],
  args: { id: argument.one("id of the cluster that is thought away", peerIds) },
  flags: { ...accessFlags, output: outputFlag("machine-readable output") },
  async run(ctx, env, { args: { id }, flags }) {
    using cluster = openScope(flags, env);
    const outage = predictOutage(await collectOutageFacts(ctx, cluster, id));
    env.printer.print(flags.output === undefined ? formatOutage(outage) : formatObject(outage, flags.output));
  },
});
