/** `liqoctl delete peering-user`: revokes what `generate peering-user` gave. Upstream: pkg/liqoctl/rest/peering-user/delete.go */
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { accessFlags, liqoNamespaceFlag, openScope } from "../../command/flag-groups.ts";
import { deletePeeringUser } from "../../peering/peering-user.ts";
import { consumerClusterIdFlag } from "../generate/peering-user.ts";

export const deletePeeringUserCommand = command({
  path: ["delete", "peering-user"],
  summary: "Revoke the user who may peer with this cluster.",
  description:
    "Its kubeconfig is good for nothing any more, also when a user is made for the same consumer again. A peering that it has made stays.",
  examples: ["liqoctl delete peering-user --context rome --consumer-cluster-id milan"],
  flags: { ...accessFlags, ...liqoNamespaceFlag, consumerClusterId: consumerClusterIdFlag },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    await clusterIdOf(ctx, cluster);
    const found = await deletePeeringUser(ctx, cluster, flags.consumerClusterId);
    env.printer.success(
      "local",
      found
        ? `Peering user of cluster ${flags.consumerClusterId} deleted`
        : `Cluster ${flags.consumerClusterId} has no peering user`,
    );
  },
});
