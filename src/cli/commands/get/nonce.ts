/** `liqoctl get nonce`: upstream: pkg/liqoctl/rest/nonce/get.go */
import { unbase64 } from "#forge/authentication.ts";
import { command } from "../../command/command.ts";
import { openScope, scopeFlags } from "../../command/flag-groups.ts";
import { requireNonce } from "../../peering/authentication/nonce.ts";
import { knownPeer } from "../../peering/peer-scope.ts";
import { remoteClusterIdFlag } from "../create/object.ts";

export const getNonceCommand = command({
  path: ["get", "nonce"],
  summary: "At a provider: print the nonce that a consumer has to sign.",
  examples: ["liqoctl get nonce --remote-cluster-id milan"],
  flags: { ...scopeFlags, remoteClusterId: remoteClusterIdFlag },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    env.printer.print(unbase64(await requireNonce(ctx, await knownPeer(ctx, cluster, flags))));
  },
});
