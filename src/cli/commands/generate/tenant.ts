/** `liqoctl generate tenant`: a consumer's request to be let in, for the provider. Upstream: pkg/liqoctl/rest/tenant/generate.go */
import { tenants } from "#api/authentication/tenant.ts";
import { base64 } from "#forge/authentication.ts";
import { secrets } from "#machinery/builtin.ts";
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { signNonce } from "../../peering/authentication/nonce.ts";
import { proxyFlag, requireProxyUrl } from "../../peering/authentication/proxy.ts";
import { tenantFor } from "../../peering/authentication/tenant.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { formatObject } from "../../printer/object.ts";
import { ensureTenantNamespace } from "../../tenant.ts";
import { requireCreation } from "../create/object.ts";
import { generateForPeerFlags, remoteTenantNamespaceFlag } from "./flags.ts";

export const generateTenantCommand = command({
  path: ["generate", "tenant"],
  aliases: ["tenants"],
  summary: "At a consumer: sign the nonce of a provider, and print the Tenant to be applied there.",
  description:
    "Keeps nonce and signature in a Secret of the tenant namespace: without --nonce the one that was signed before counts. `liqoctl authenticate` does all that for both clusters.",
  examples: [
    'liqoctl generate tenant --remote-cluster-id rome --nonce "$(liqoctl get nonce --context rome --remote-cluster-id milan)"',
    "liqoctl generate tenant --remote-cluster-id rome | kubectl --context rome apply -n liqo-tenant-milan -f -",
  ],
  flags: {
    ...generateForPeerFlags,
    remoteTenantNamespace: remoteTenantNamespaceFlag,
    nonce: flag.string("nonce of the provider, as `liqoctl create nonce` prints it there", "text"),
    proxyUrl: proxyFlag,
    timeout: timeoutFlag("30s"),
  },
  async run(ctx, env, { flags }) {
    requireProxyUrl(flags.proxyUrl);
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    await requireCreation(ctx, scope, secrets);
    await ensureTenantNamespace(ctx, cluster.client, scope.side.peerId);
    const nonce = flags.nonce === undefined ? undefined : base64(flags.nonce);
    const tenant = await tenantFor(ctx, cluster, {
      consumerId: await clusterIdOf(ctx, cluster),
      namespace: flags.remoteTenantNamespace,
      signature: await signNonce(ctx, scope.side, nonce, flags.timeout),
      proxyUrl: flags.proxyUrl,
    });
    env.printer.print(formatObject(cluster.client.complete(tenants, tenant), flags.output));
  },
});
