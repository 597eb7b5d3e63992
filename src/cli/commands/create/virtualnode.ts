/** `liqoctl create virtualnode`: a node that stands for a provider's resources. Upstream: pkg/liqoctl/rest/virtualnode */
import type { ObjectReference } from "kubernetes-types/core/v1";
import { type VirtualNode, virtualNodes, vkOptionsTemplates } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { nodes } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { nodeOfSecret, nodeOfSlice, offerFlags } from "../../peering/offloading/offered-node.ts";
import { knownPeer } from "../../peering/peer-scope.ts";
import type { Side } from "../../peering/side.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

const virtualNodeFlags = {
  ...createFlags,
  createNode: flag.switchedOn("make a node to schedule pods to"),
  disableNetworkCheck: flag.boolean("the node is ready without the network, too"),
  kubeconfigSecretName: flag.string("Secret with the kubeconfig for the provider; or --resource-slice-name", "name"),
  resourceSliceName: flag.string("ResourceSlice to take all from; or --kubeconfig-secret-name", "name"),
  ...offerFlags,
  runtimeClassName: flag.string("RuntimeClass of the pods at the provider", "name"),
  vkOptionsTemplate: flag.string("options of the virtual kubelet (default: those of Liqo)", "namespace/name"),
  timeout: timeoutFlag("2m"),
};

export const createVirtualNodeCommand = command({
  path: ["create", "virtualnode"],
  aliases: ["vn"],
  summary: "Make a node that stands for resources of a provider.",
  description:
    "Either of a ResourceSlice that the provider has accepted, with what it grants, or of a Secret with a kubeconfig for the provider, with what the flags say. Waits until the node is ready. Repeatable.",
  examples: [
    "liqoctl create virtualnode liqo-rome --remote-cluster-id rome --resource-slice-name rome",
    "liqoctl create virtualnode liqo-rome --remote-cluster-id rome --kubeconfig-secret-name kubeconfig-rome --cpu 8",
  ],
  args: { name: argument.one("name of the VirtualNode and of its node") },
  flags: virtualNodeFlags,
  async run(ctx, env, { args, flags }) {
    using cluster = openScope(flags, env);
    const side = await knownPeer(ctx, cluster, flags);
    const object = await forgeNode(ctx, args.name, side, flags);
    const scope = { side, isKnown: true };
    const wanted = { resource: virtualNodes, object, isSingle: false };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    if (flags.createNode) await requireFreeNode(ctx, cluster, args.name);
    await createObject(ctx, env.printer, scope, wanted);
    if (!flags.createNode) return;
    await env.printer.step("local", `Node ${args.name} is ready`, () =>
      waitFor(
        ctx,
        cluster.client,
        nodes,
        { name: args.name },
        {
          until: (node) => isConditionTrue(node?.status?.conditions, "Ready"),
          timeoutMs: flags.timeout,
          what: "the virtual node is not ready; see `liqoctl info peer`",
        },
      ),
    );
  },
});

type Given = FlagValues<typeof virtualNodeFlags>;

async function forgeNode(ctx: Context, name: string, side: Side, flags: Given): Promise<VirtualNode> {
  const { runtimeClassName, vkOptionsTemplate, createNode, disableNetworkCheck } = flags;
  const node = await offeredNode(ctx, name, side, flags);
  const offloadingPatch = {
    ...node.spec?.offloadingPatch,
    ...(runtimeClassName !== undefined && { runtimeClassName }),
  };
  return {
    ...node,
    spec: {
      ...node.spec,
      createNode,
      disableNetworkCheck,
      ...(Object.keys(offloadingPatch).length > 0 && { offloadingPatch }),
      ...(vkOptionsTemplate !== undefined && {
        vkOptionsTemplateRef: await requireTemplate(ctx, side, vkOptionsTemplate),
      }),
    },
  };
}

function offeredNode(ctx: Context, node: string, side: Side, flags: Given): Promise<VirtualNode> {
  const { kubeconfigSecretName: secret, resourceSliceName: slice } = flags;
  if (slice !== undefined && secret === undefined) return nodeOfSlice(ctx, side, { node, slice }, flags);
  if (secret !== undefined && slice === undefined) return nodeOfSecret(ctx, side, { node, secret }, flags);
  throw new CliError("give --resource-slice-name or --kubeconfig-secret-name: one of the two", {
    hint: "`liqoctl create resourceslice` makes a slice; `kubectl get resourceslices.authentication.liqo.io -A` lists those there are",
  });
}

async function requireTemplate(ctx: Context, { cluster }: Side, text: string): Promise<ObjectReference> {
  const [namespace = "", name = "", ...more] = text.split("/");
  const key = { namespace, name };
  if (namespace === "" || name === "" || more.length > 0)
    throw new CliError(`--vk-options-template "${text}": must be a namespace and a name`, {
      hint: "such as liqo/virtual-kubelet-default",
    });
  if ((await cluster.client.find(ctx, vkOptionsTemplates, key)) === undefined)
    throw new CliError(`VkOptionsTemplate ${text} does not exist on ${cluster.server}`, {
      hint: `\`kubectl get ${vkOptionsTemplates.plural} -A\` lists those there are`,
    });
  return { apiVersion: apiVersionOf(vkOptionsTemplates), kind: vkOptionsTemplates.kind, ...key };
}

/** Throws a CliError when there is a node of that name already that is none of Liqo's. */
async function requireFreeNode(ctx: Context, { client }: Cluster, name: string): Promise<void> {
  const node = await client.find(ctx, nodes, { name });
  if (node === undefined || isVirtualNode(node)) return;
  throw new CliError(`node ${name} is there already, and is none of Liqo's`, { hint: "choose another name" });
}
