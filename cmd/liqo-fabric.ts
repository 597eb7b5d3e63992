/** liqo-fabric: the network agent of one node. Flags: src/network/README.md; KUBECONFIG replaces the pod's own account. */

import { KubeClient } from "#kube/client/client.ts";
import { ownConfig } from "#kube/client/in-cluster.ts";
import { runFabric } from "#network/fabric/fabric.ts";
import { parseFabricOptions } from "#network/fabric/options.ts";
import { runComponent } from "./process.ts";

await runComponent("liqo-fabric", "seldom", async (ctx) => {
  const options = parseFabricOptions(process.argv.slice(2));
  using client = new KubeClient(await ownConfig(process.env, process.env["KUBECONFIG"]), "liqo-fabric", ctx);
  await runFabric(ctx, client, options);
});
