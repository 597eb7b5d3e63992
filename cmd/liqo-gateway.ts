/** liqo-gateway: the gateway pod of one peering. Flags: src/network/README.md; KUBECONFIG replaces the pod's own account. */

import { KubeClient } from "#kube/client/client.ts";
import { ownConfig } from "#kube/client/in-cluster.ts";
import { runGateway } from "#network/gateway/gateway.ts";
import { parseGatewayOptions } from "#network/gateway/options.ts";
import { runComponent } from "./process.ts";

await runComponent("liqo-gateway", "seldom", async (ctx) => {
  const options = parseGatewayOptions(process.argv.slice(2));
  using client = new KubeClient(await ownConfig(process.env, process.env["KUBECONFIG"]), "liqo-gateway", ctx);
  await runGateway(ctx, client, options);
});
