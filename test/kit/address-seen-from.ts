/** By which address a cluster knows this machine, for what its pods are to reach here. */
import { connect } from "node:net";
import { readSingleKubeconfig } from "#engines/single-kubeconfig.ts";

export async function addressSeenFrom(kubeconfig: string, context: string): Promise<string> {
  const { clusters: entries } = await readSingleKubeconfig(kubeconfig, context);
  const { hostname, port } = new URL(entries?.[0]?.cluster.server ?? "");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      resolve(socket.localAddress ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
