/** liqo-fabric: the network agent of one node. Flags: src/network/README.md; KUBECONFIG replaces the pod's own account. */

import { KubeClient } from "#kube/client/client.ts";
import { configFromFile, inClusterConfig } from "#kube/client/config.ts";
import { runFabric } from "#network/fabric/fabric.ts";
import { parseFabricOptions } from "#network/fabric/options.ts";
import { runMain } from "./process.ts";

await runMain("liqo-fabric", async (ctx) => {
  const options = parseFabricOptions(process.argv.slice(2));
  const kubeconfig = process.env["KUBECONFIG"];
  const config = kubeconfig === undefined ? inClusterConfig(process.env) : configFromFile(kubeconfig);
  using client = new KubeClient(config, "liqo-fabric");
  await runFabric(ctx, client, options);
});
