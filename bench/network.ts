/** The network's part of `make bench` alone: `node bench/network.ts` makes the clusters, as root. */
import { startPeered } from "#kit/clusters.ts";
import { printFigures } from "./figures.ts";
import { tunnelFigures } from "./tunnel.ts";

const NAMESPACE = "bench";

await using clusters = await startPeered({ workers: 2 });
const { kubectl, liqoctl, engine } = clusters;
await kubectl("milan", "create", "namespace", NAMESPACE);
await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
printFigures("Network", await tunnelFigures({ kubectl, liqoctl, env: engine.env, namespace: NAMESPACE }));
