/** `liqoctl why`: the chain from what is wanted to what there is, over both clusters. Not upstream's. */
import type { Context } from "#base/context.ts";
import { argument } from "../../command/argument.ts";
import { namespaceNames } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { accessFlags, openOtherIfNamed, openScope, outputFlag, remoteAccessFlags } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { formatObject } from "../../printer/object.ts";
import { formatLinks, walk } from "../../why/link.ts";
import { podChain } from "../../why/pod.ts";
import { askForPod } from "../../why/pod-facts.ts";

const POD = ["pod", "pods", "po"];

export const whyCommand = command({
  path: ["why"],
  summary: "Say why a pod is as it is: from the wish to offload it to what runs at the provider, and back.",
  description:
    "A line for each step: ✓ as wanted, ✗ broken, ? unknown. It ends with the first that is broken, and says what to do about it. The provider is asked as the peering's own identity, which needs the right to read its Secret in the tenant namespace; --remote-context or --remote-kubeconfig asks as somebody else. Nothing is changed.",
  examples: [
    "liqoctl why pod/web -n shop",
    "liqoctl why pod/web -n shop --remote-context rome",
    "liqoctl why pod/web -o json",
  ],
  args: { what: argument.one("the pod, as pod/<name>") },
  flags: {
    ...accessFlags,
    namespace: flag.string("namespace of the pod", "name", {
      short: "n",
      initial: "default",
      complete: namespaceNames,
    }),
    ...remoteAccessFlags,
    output: outputFlag("machine-readable output"),
  },
  async run(ctx: Context, env, { args: { what }, flags }) {
    const name = podName(what);
    const { namespace, output } = flags;
    using cluster = openScope(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const links = walk(podChain(await askForPod(ctx, cluster, { namespace, name }, remote)));
    const whole = links.every(({ state }) => state === "ok");
    const found = { kind: "Pod", namespace, name, whole, links };
    env.printer.print(output === undefined ? formatLinks(links) : formatObject(found, output));
  },
});

function podName(what: string): string {
  const [kind = "", name, ...rest] = what.split("/");
  if (POD.includes(kind.toLowerCase()) && name !== undefined && name !== "" && rest.length === 0) return name;
  throw new CliError(`"${what}" is no pod`, { hint: "name one as pod/<name>" });
}
