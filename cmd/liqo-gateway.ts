/** liqo-gateway: the gateway pod of one peering. Flags: src/network/README.md; KUBECONFIG replaces the pod's own account. */

import { KubeClient } from "#kube/client/client.ts";
import { configFromFile, inClusterConfig } from "#kube/client/config.ts";
import { runGateway } from "#network/gateway/gateway.ts";
import { parseGatewayOptions } from "#network/gateway/options.ts";
import { runMain } from "./process.ts";

await runMain("liqo-gateway", async (ctx) => {
  const options = parseGatewayOptions(process.argv.slice(2));
  const kubeconfig = process.env["KUBECONFIG"];
  const config = kubeconfig === undefined ? inClusterConfig(process.env) : configFromFile(kubeconfig);
  using client = new KubeClient(config, "liqo-gateway");
  await runGateway(ctx, client, options);
});
