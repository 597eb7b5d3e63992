/** `liqoctl trace`: the path of a packet between two pods of different clusters, hop by hop. Not upstream's. */
import type { Context } from "#base/context.ts";
import { pods, services } from "#machinery/builtin.ts";
import { argument } from "../../command/argument.ts";
import { namesInNamespace, namespaceNames } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { accessFlags, openOtherIfNamed, openScope, outputFlag, remoteAccessFlags } from "../../command/flag-groups.ts";
import { formatObject } from "../../printer/object.ts";
import { askTrace } from "../../trace/ask.ts";
import { parseTarget } from "../../trace/target.ts";
import { formatLinks } from "../../why/link.ts";

const podNames = namesInNamespace(pods);
const serviceNames = namesInNamespace(services);

export const traceCommand = command({
  path: ["trace"],
  summary: "Follow a packet between two pods of different clusters, hop by hop, there and back.",
  description:
    "Says what the objects of both clusters make of the packet, sends some in the pod's name, and looks in the kernels of nodes and gateways where they were seen: a connection to the port, and datagrams as long as the tunnel carries. A line for each hop: ✓ it passed, ✗ it was lost, ? nobody could look. It ends with the first that loses it, and says what to do about it. It runs a program by exec in Liqo's own pods, which needs the right to do so in both clusters; the other one is named by --remote-context or --remote-kubeconfig, and without it only this side is seen. Nothing is left behind. The pod that is asked sees a connection that is closed at once.",
  examples: [
    "liqoctl trace cart redis:6379 -n shop --remote-context rome",
    "liqoctl trace web svc/backend:http -n shop --remote-context rome",
    "liqoctl trace pod-a pod-b -o json",
  ],
  args: {
    from: argument.one("the pod that sends", podNames),
    to: argument.one("the pod or Service that is sent to, as <name>[:port]", async (request) => [
      ...(await podNames(request)),
      ...(await serviceNames(request)),
    ]),
  },
  flags: {
    ...accessFlags,
    namespace: flag.string("namespace of both", "name", { short: "n", initial: "default", complete: namespaceNames }),
    ...remoteAccessFlags,
    output: outputFlag("machine-readable output"),
  },
  async run(ctx: Context, env, { args: { from, to }, flags }) {
    const { namespace, output } = flags;
    const source = parseTarget(from).name;
    const target = parseTarget(to);
    using home = openScope(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const links = await askTrace(ctx, { home, remote, namespace, from: source, target });
    const whole = links.every(({ state }) => state === "ok");
    const found = { from: source, to, namespace, whole, links };
    env.printer.print(output === undefined ? formatLinks(links) : formatObject(found, output));
  },
});
