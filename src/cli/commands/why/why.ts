/** `liqoctl why`: the chain from what is wanted to what there is, over both clusters. Not upstream's. */
import type { Context } from "#base/context.ts";
import { argument } from "../../command/argument.ts";
import { namespaceNames } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { accessFlags, openOtherIfNamed, openScope, outputFlag, remoteAccessFlags } from "../../command/flag-groups.ts";
import { formatObject } from "../../printer/object.ts";
import { askWhy } from "../../why/ask.ts";
import { completeAsked } from "../../why/complete.ts";
import { KINDS, parseAsked } from "../../why/kinds.ts";
import { formatLinks } from "../../why/link.ts";

export const whyCommand = command({
  path: ["why"],
  summary: "Say why an object is as it is: from what is wanted to what there is, in both clusters.",
  description:
    "Of a pod, service, node, namespace, persistentvolumeclaim or foreigncluster, in kubectl's spellings. A line for each step: ✓ as wanted, ✗ broken, ? unknown. It ends with the first that is broken, and says what to do about it. The provider is asked as the peering's own identity, which needs the right to read its Secret in the tenant namespace; --remote-context or --remote-kubeconfig asks as somebody else. Nothing is changed.",
  examples: [
    "liqoctl why pod/web -n shop",
    "liqoctl why svc web -n shop --remote-context rome",
    "liqoctl why foreigncluster/rome",
    "liqoctl why node/liqo-rome -o json",
  ],
  args: { what: argument.some("the object, as <kind>/<name> or <kind> <name>", completeAsked) },
  flags: {
    ...accessFlags,
    namespace: flag.string("namespace of the object", "name", {
      short: "n",
      initial: "default",
      complete: namespaceNames,
    }),
    ...remoteAccessFlags,
    output: outputFlag("machine-readable output"),
  },
  async run(ctx: Context, env, { args: { what }, flags }) {
    const asked = parseAsked(what);
    const { namespace, output } = flags;
    using home = openScope(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const links = await askWhy(ctx, { home, remote, namespace }, asked);
    const { kind, namespaced } = KINDS[asked.kind].resource;
    const whole = links.every(({ state }) => state === "ok");
    const found = { kind, ...(namespaced && { namespace }), name: asked.name, whole, links };
    env.printer.print(output === undefined ? formatLinks(links) : formatObject(found, output));
  },
});
