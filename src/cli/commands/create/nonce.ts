/** `liqoctl create nonce`: what a peer has to sign to be let in. Upstream: pkg/liqoctl/rest/nonce */
import { forgeNonceSecret, unbase64 } from "#forge/authentication.ts";
import { secrets } from "#machinery/builtin.ts";
import { command } from "../../command/command.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { ensureNonce } from "../../peering/authentication/nonce.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { ensureTenantNamespace } from "../../tenant.ts";
import { createFlags, printWanted, requireCreation } from "./object.ts";

export const createNonceCommand = command({
  path: ["create", "nonce"],
  summary: "At a provider: make the nonce that a consumer has to sign, and print it.",
  description:
    "`liqoctl generate tenant --nonce` at the consumer signs it; `liqoctl authenticate` does all that for both. Repeatable: a nonce that is there stays.",
  examples: [
    "liqoctl create nonce --remote-cluster-id milan",
    "liqoctl create nonce --remote-cluster-id milan -o yaml",
  ],
  flags: { ...createFlags, timeout: timeoutFlag("2m") },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    const { side } = scope;
    const object = forgeNonceSecret(side.namespace, side.peerId);
    if (flags.output !== undefined) return printWanted(env.printer, scope, { resource: secrets, object }, flags.output);
    await requireCreation(ctx, scope, secrets);
    await ensureTenantNamespace(ctx, cluster.client, side.peerId);
    const nonce = await env.printer.step("local", "Nonce generated", () => ensureNonce(ctx, side, flags.timeout));
    env.printer.print(unbase64(nonce));
  },
});
