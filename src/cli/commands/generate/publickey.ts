/** `liqoctl generate publickey`: the key of a gateway here, for the peer. Upstream: pkg/liqoctl/rest/publickey/generate.go */
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { forgePublicKey } from "#forge/networking/gateway.ts";
import type { Resource } from "#machinery/gvk.ts";
import { clusterIdOf } from "../../cluster.ts";
import { namesOfKind, namespaceNames } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import type { Completer } from "../../command/completer.ts";
import { flag } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { findNamed } from "../../named-object.ts";
import { publicKeyOf } from "../../peering/network/keys.ts";
import { formatObject } from "../../printer/object.ts";
import { generateFlags } from "./flags.ts";

const GATEWAYS: Readonly<Record<"server" | "client", Resource<GatewayServer | GatewayClient>>> = {
  server: gatewayServers,
  client: gatewayClients,
};

export const generatePublicKeyCommand = command({
  path: ["generate", "publickey"],
  aliases: ["publickeys", "publickeies"],
  summary: "Print the public key of a gateway of this cluster, to be applied at the peer.",
  description: "It has to lie in the tenant namespace that the peer keeps for this cluster.",
  examples: [
    "liqoctl generate publickey --gateway-type client --gateway-name rome | kubectl --context rome apply -n liqo-tenant-milan -f -",
  ],
  flags: {
    ...generateFlags,
    namespace: flag.string("namespace of the gateway (default: wherever it lies)", "name", {
      short: "n",
      complete: namespaceNames,
    }),
    gatewayType: flag.requiredChoice("whether it listens or dials", "type", ["server", "client"]),
    gatewayName: flag.required("name of the gateway", "name", { complete: gatewayNames() }),
    timeout: timeoutFlag("30s"),
  },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    const id = await clusterIdOf(ctx, cluster);
    const resource = GATEWAYS[flags.gatewayType];
    const gateway = await findNamed(ctx, cluster, resource, { name: flags.gatewayName, namespace: flags.namespace });
    if (gateway.status?.secretRef?.name === undefined)
      throw new CliError(`${resource.kind} ${flags.gatewayName} has no keys yet`, {
        hint: `wait until its status has a secretRef: \`kubectl describe ${resource.plural} -A\``,
      });
    const key = await publicKeyOf(ctx, cluster.client, gateway, flags.timeout);
    const object = forgePublicKey(id, undefined, id, key);
    env.printer.print(formatObject(cluster.client.complete(publicKeys, object), flags.output));
  },
});

function gatewayNames(): Completer {
  const [servers, clients] = [namesOfKind(gatewayServers), namesOfKind(gatewayClients)];
  return async (request) => {
    const names = await Promise.all([servers, clients].map((complete) => complete(request)));
    return [...new Set(names.flat())];
  };
}
