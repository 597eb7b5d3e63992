/** `liqoctl generate identity`: what a consumer needs of this provider. Upstream: pkg/liqoctl/rest/identity/generate.go */
import { identities } from "#api/authentication/identity.ts";
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { openScope } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { findTenant, identityFor } from "../../peering/authentication/tenant.ts";
import { knownPeer } from "../../peering/peer-scope.ts";
import { formatObject } from "../../printer/object.ts";
import { generateForPeerFlags, remoteTenantNamespaceFlag } from "./flags.ts";

export const generateIdentityCommand = command({
  path: ["generate", "identity"],
  aliases: ["identities"],
  summary: "At a provider: print the Identity of a consumer that was let in, to be applied there.",
  description:
    "The consumer has asked by a Tenant (`liqoctl generate tenant`). The certificate in it is of no use without the consumer's key.",
  examples: [
    "liqoctl generate identity --context rome --remote-cluster-id milan | kubectl --context milan apply -n liqo-tenant-rome -f -",
  ],
  flags: {
    ...generateForPeerFlags,
    remoteTenantNamespace: remoteTenantNamespaceFlag,
  },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    const side = await knownPeer(ctx, cluster, flags);
    const tenant = await findTenant(ctx, side);
    if (tenant === undefined)
      throw new CliError(`there is no Tenant of cluster ${side.peerId} in namespace ${side.namespace}`, {
        hint: "apply what `liqoctl generate tenant` prints there, or `liqoctl authenticate` does all at once",
      });
    const identity = identityFor(tenant, await clusterIdOf(ctx, cluster), flags.remoteTenantNamespace);
    env.printer.print(formatObject(cluster.client.complete(identities, identity), flags.output));
  },
});
