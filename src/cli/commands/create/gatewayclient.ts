/** `liqoctl create gatewayclient`: the dialling end of a tunnel. Upstream: pkg/liqoctl/rest/gatewayclient */
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { forgeGatewayClient } from "#forge/networking/gateway.ts";
import { keyOf } from "#machinery/meta.ts";
import { waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { flag, InvalidValue, list, port } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { hasKeys } from "../../peering/network/gateways.ts";
import {
  checkMtu,
  clientTypeFlag,
  mtuFlag,
  portOrZero,
  templateFlag,
  templateNamespaceFlag,
} from "../../peering/network/options.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

export const createGatewayClientCommand = command({
  path: ["create", "gatewayclient"],
  aliases: ["gatewayclients", "client", "clients", "gwc"],
  summary: "Run the gateway of a tunnel that dials.",
  description:
    "Address and port stand in the status of the gatewayserver at the peer. Each needs the publickey of the other: `liqoctl network connect` does all that. Repeatable.",
  examples: [
    "liqoctl create gatewayclient rome --remote-cluster-id rome --addresses 172.18.0.3 --port 30742",
    "liqoctl create gatewayclient rome --remote-cluster-id rome --addresses 172.18.0.3 --port 30742 -o yaml",
  ],
  args: { name: argument.one("name of the GatewayClient, mostly that of the peer") },
  flags: {
    ...createFlags,
    type: clientTypeFlag,
    templateName: templateFlag("client"),
    templateNamespace: templateNamespaceFlag("client"),
    addresses: flag.requiredOf("addresses of the gateway server", "address,…", some, []),
    port: flag.requiredOf("port of the gateway server", "port", port, 0),
    protocol: flag.choice("protocol of the tunnel", "protocol", ["UDP", "TCP"], { initial: "UDP" }),
    tcpCarrierPort: flag.of<number | undefined>(
      "TCP port of the gateway server for where UDP is shut",
      "port",
      portOrZero,
      undefined,
    ),
    mtu: mtuFlag,
    wait: flag.boolean("wait until it has keys"),
    timeout: timeoutFlag("2m"),
  },
  async run(ctx, env, { args, flags }) {
    checkMtu(flags.mtu);
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    const object = forgeGatewayClient(scope.side.peerId, scope.side.namespace, {
      name: args.name,
      mtu: flags.mtu,
      addresses: flags.addresses,
      ports: [flags.port],
      protocol: flags.protocol,
      tcpCarrierPort: flags.tcpCarrierPort,
      template: { name: flags.templateName, namespace: flags.templateNamespace ?? cluster.liqoNamespace },
    });
    const wanted = { resource: gatewayClients, object, isSingle: true };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    await createObject(ctx, env.printer, scope, wanted);
    if (!flags.wait) return;
    await env.printer.step("local", "It has keys", () =>
      waitFor(ctx, cluster.client, gatewayClients, keyOf(object), {
        until: hasKeys,
        timeoutMs: flags.timeout,
        what: "no keys",
      }),
    );
  },
});

function some(text: string): string[] {
  const all = list(text);
  if (all.length === 0) throw new InvalidValue("must be one address or more, such as 172.18.0.3");
  return all;
}
