/** `liqoctl create gatewayserver`: the listening end of a tunnel. Upstream: pkg/liqoctl/rest/gatewayserver */
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { forgeGatewayServer } from "#forge/networking/gateway.ts";
import { keyOf } from "#machinery/meta.ts";
import { waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { flag, port } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { isServing } from "../../peering/network/gateways.ts";
import {
  checkMtu,
  DEFAULT_PORT,
  mtuFlag,
  portOrZero,
  SERVICE_TYPES,
  serverTypeFlag,
  templateFlag,
  templateNamespaceFlag,
} from "../../peering/network/options.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

export const createGatewayServerCommand = command({
  path: ["create", "gatewayserver"],
  aliases: ["gatewayservers", "server", "servers", "gws"],
  summary: "Run the gateway of a tunnel that listens.",
  description:
    "The peer needs a gatewayclient with the address and port of its status, and each the publickey of the other: `liqoctl network connect` does all that. Repeatable.",
  examples: [
    "liqoctl create gatewayserver milan --remote-cluster-id milan --service-type NodePort --wait",
    "liqoctl create gatewayserver milan --remote-cluster-id milan -o yaml",
  ],
  args: { name: argument.one("name of the GatewayServer, mostly that of the peer") },
  flags: {
    ...createFlags,
    type: serverTypeFlag,
    templateName: templateFlag("server"),
    templateNamespace: templateNamespaceFlag("server"),
    serviceType: flag.choice("its Service", "type", SERVICE_TYPES, { initial: "LoadBalancer" }),
    port: flag.of("its port", "port", port, DEFAULT_PORT),
    nodePort: flag.of<number | undefined>("its node port", "port", portOrZero, undefined),
    loadBalancerIp: flag.string("address wanted from the load balancer", "ip"),
    mtu: mtuFlag,
    wait: flag.boolean("wait until it has an address and keys"),
    timeout: timeoutFlag("2m"),
  },
  async run(ctx, env, { args, flags }) {
    checkMtu(flags.mtu);
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    const object = forgeGatewayServer(scope.side.peerId, scope.side.namespace, {
      name: args.name,
      mtu: flags.mtu,
      ports: [flags.port],
      serviceType: flags.serviceType,
      ...(flags.nodePort !== undefined && { nodePort: flags.nodePort }),
      ...(flags.loadBalancerIp !== undefined && { loadBalancerIp: flags.loadBalancerIp }),
      template: { name: flags.templateName, namespace: flags.templateNamespace ?? cluster.liqoNamespace },
    });
    const wanted = { resource: gatewayServers, object, isSingle: true };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    await createObject(ctx, env.printer, scope, wanted);
    if (!flags.wait) return;
    await env.printer.step("local", "It has an address and keys", () =>
      waitFor(ctx, cluster.client, gatewayServers, keyOf(object), {
        until: isServing,
        timeoutMs: flags.timeout,
        what: "no address or no keys (without a load balancer: --service-type NodePort)",
      }),
    );
  },
});
