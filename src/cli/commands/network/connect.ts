/** `liqoctl network connect`: a tunnel between two clusters. Upstream: pkg/liqoctl/network/handler.go (RunConnect) */
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { openRemoteScope, openScope, remoteScopeFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { connectNetworks } from "../../peering/network/connect.ts";
import {
  clientTypeFlag,
  gatewayFlags,
  type NetworkOptions,
  networkOptions,
  serverTypeFlag,
  templateFlag,
  templateNamespaceFlag,
} from "../../peering/network/options.ts";
import { findSides, joinSides } from "../../peering/sides.ts";
import { planOf } from "../../plan/model.ts";
import { planPeer } from "../peer/plan.ts";

const connectFlags = {
  ...remoteScopeFlags,
  timeout: timeoutFlag("2m"),
  wait: flag.boolean("wait until the tunnel is connected"),
  ...gatewayFlags,
  gwServerType: serverTypeFlag,
  gwServerTemplateName: templateFlag("server"),
  gwServerTemplateNamespace: templateNamespaceFlag("server"),
  gwClientType: clientTypeFlag,
  gwClientTemplateName: templateFlag("client"),
  gwClientTemplateNamespace: templateNamespaceFlag("client"),
  disableSharingKeys: flag.boolean("do not give the gateways the keys of each other: they wait for `create publickey`"),
};

export const networkConnectCommand = command({
  path: ["network", "connect"],
  summary: "Connect the networks of two clusters.",
  description:
    "Tells each of the CIDRs of the other, runs a gateway server in the remote cluster and a gateway client in the local one, and gives each the public key of the other. Repeatable. A tunnel that the other direction has made is used.",
  examples: [
    "liqoctl network connect --remote-kubeconfig rome.yaml --wait",
    "liqoctl network connect --context milan --remote-context rome --gw-server-service-type NodePort",
  ],
  flags: connectFlags,
  async plan(ctx, env, { flags }) {
    using local = openScope(flags, env);
    using remote = openRemoteScope(flags, env);
    const network = { serverLocation: "Provider", options: optionsOf(flags) } as const;
    const asked = { network, authenticates: false, createResourceSlice: false, createVirtualNode: false };
    await findSides(
      ctx,
      { cluster: local, namespace: flags.namespace },
      { cluster: remote, namespace: flags.remoteNamespace },
    );
    return planOf(env.commandLine, await planPeer(ctx, local, remote, asked));
  },
  async run(ctx, env, { flags }) {
    using local = openScope(flags, env);
    using remote = openRemoteScope(flags, env);
    const options = optionsOf(flags);
    const kinds = [configurations, publicKeys];
    const [client, server] = await env.printer.step("global", "Clusters identified", () =>
      joinSides(
        ctx,
        { cluster: local, creates: [...kinds, gatewayClients], namespace: flags.namespace },
        { cluster: remote, creates: [...kinds, gatewayServers], namespace: flags.remoteNamespace },
      ),
    );
    const connected = await connectNetworks(ctx, env.printer, server, client, options);
    if (flags.wait && options.sharesKeys) await connected();
  },
});

/** Throws a CliError for what no tunnel can be. */
function optionsOf(flags: FlagValues<typeof connectFlags>): NetworkOptions {
  return networkOptions(flags, {
    serverTemplate: { name: flags.gwServerTemplateName, namespace: flags.gwServerTemplateNamespace },
    clientTemplate: { name: flags.gwClientTemplateName, namespace: flags.gwClientTemplateNamespace },
    sharesKeys: !flags.disableSharingKeys,
  });
}
