/**
 * What is lost between two clusters is said within 15 s, and by its name, by the Node, the ForeignCluster and `liqoctl
 * info` alike; a pod that can still be reached stays in its Service.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { Machine } from "#engines/engine.ts";
import { between } from "#engines/link-faults.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Load, page } from "#kit/load.ts";

const NAMESPACE = "web";
const TOLD_MS = 15_000;
const HEALED_MS = 40_000;

interface Loss {
  readonly what: string;
  readonly begin: (machine: Machine) => Promise<void>;
  /** Default: the link's faults end. */
  readonly end?: (machine: Machine) => Promise<void>;
  readonly isApiLost: boolean;
  readonly isNetworkLost: boolean;
}

const LOSSES: readonly Loss[] = [
  {
    what: "an API server that hangs",
    begin: (machine) => machine.kill("rome", "apiserver", "SIGSTOP"),
    end: (machine) => machine.kill("rome", "apiserver", "SIGCONT"),
    isApiLost: true,
    isNetworkLost: false,
  },
  {
    what: "the way to the API server",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "api")),
    isApiLost: true,
    isNetworkLost: false,
  },
  {
    what: "the tunnel",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "tunnel")),
    isApiLost: false,
    isNetworkLost: true,
  },
  {
    what: "the tunnel, one way",
    begin: (machine) => machine.setLinkFaults([{ from: "rome", to: "milan", traffic: "tunnel" }]),
    isApiLost: false,
    isNetworkLost: true,
  },
  {
    what: "everything",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "all")),
    isApiLost: true,
    isNetworkLost: true,
  },
];

describe("what is lost is told", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let machine: Machine;
  let url: string;

  before(async () => {
    clusters = await startPeered({ workers: 1 });
    machine = machineOf(clusters.engine);
    url = await serve(clusters);
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  for (const { what, begin, end, isApiLost, isNetworkLost } of LOSSES) {
    it(`${what}: told, and told when it is back`, async (t) => {
      await using load = new Load(url);
      const lostMs = performance.now();
      await begin(machine);
      try {
        const told = () => says(clusters, { isApiLost, isNetworkLost });
        await eventually("Node, ForeignCluster and info say so", told, TOLD_MS);
        t.diagnostic(`told after ${Math.round(performance.now() - lostMs)} ms`);
        const failed = load.since(lostMs).filter(({ who }) => who === undefined).length;
        // A node that is not Ready has its pods marked at once, and its virtual kubelet takes that back.
        if (!isNetworkLost) assert.ok(failed <= 3, `${failed} requests failed though the pod could be reached`);
      } finally {
        await (end === undefined ? machine.setLinkFaults([]) : end(machine));
      }
      const back = () => says(clusters, { isApiLost: false, isNetworkLost: false });
      await eventually("all is well again", back, HEALED_MS);
      await eventually("the pod answers", async () => assert.ok(await page(url, 500)), HEALED_MS);
    });
  }
});

/** One pod far away behind a Service of milan; its address. */
async function serve({ kubectl, get, liqoctl }: Clusters): Promise<string> {
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  const overrides = JSON.stringify({ spec: { nodeSelector: { "liqo.io/type": "virtual-node" } } });
  await kubectl("milan", "run", "far", "-n", NAMESPACE, "--image=nginx", "--port=80", `--overrides=${overrides}`);
  await kubectl("milan", "expose", "pod", "far", "-n", NAMESPACE, "--type=LoadBalancer");
  await kubectl("milan", "wait", "-n", NAMESPACE, "pod", "far", "--for=condition=Ready", "--timeout=60s");
  const address = await eventually("an address of the Service", async () => {
    const { status } = await get<Service>("milan", "service", "far", "-n", NAMESPACE);
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    assert.ok(ip);
    return ip;
  });
  const url = `http://${address}/`;
  await eventually("the pod answers", async () => assert.ok(await page(url, 500)));
  return url;
}

type Lost = Pick<Loss, "isApiLost" | "isNetworkLost">;

async function says(clusters: Clusters, { isApiLost, isNetworkLost }: Lost): Promise<void> {
  const { get, liqoctl } = clusters;
  // Of the network the provider says the same, if it can be asked.
  const provider = isApiLost ? undefined : liqoctl("info", "--context", "rome", "-o", "json");
  const [node, peer, pod, info, other] = await Promise.all([
    get<Node>("milan", "node", "liqo-rome"),
    get<ForeignCluster>("milan", "foreigncluster", "rome"),
    get<Pod>("milan", "pod", "far", "-n", NAMESPACE),
    liqoctl("info", "--context", "milan", "-o", "json"),
    provider,
  ]);
  const [seen] = peersOf(info);
  assert.deepEqual(
    {
      ready: statusOf(node.status?.conditions, "Ready"),
      networkUnavailable: statusOf(node.status?.conditions, "NetworkUnavailable"),
      podReady: statusOf(pod.status?.conditions, "Ready"),
      apiServer: statusOf(peer.status?.conditions, "APIServerStatus"),
      connection: statusOf(peer.status?.modules?.networking?.conditions, "NetworkConnectionStatus"),
      info: [seen?.apiServerStatus, seen?.networkingStatus, seen?.offloadingStatus],
      provider: other === undefined ? undefined : peersOf(other)[0]?.networkingStatus,
    },
    {
      ready: isApiLost ? "Unknown" : isNetworkLost ? "False" : "True",
      networkUnavailable: isNetworkLost ? "True" : "False",
      podReady: isNetworkLost ? "False" : "True",
      apiServer: isApiLost ? "Error" : "Established",
      connection: isNetworkLost ? "Error" : "Established",
      info: [health(!isApiLost), health(!isNetworkLost), health(!isApiLost && !isNetworkLost)],
      provider: isApiLost ? undefined : health(!isNetworkLost),
    },
  );
}

interface PeerInfo {
  readonly apiServerStatus?: string;
  readonly networkingStatus: string;
  readonly offloadingStatus: string;
}

function peersOf(info: string): readonly PeerInfo[] {
  return (JSON.parse(info) as { peerings: { peers: PeerInfo[] } }).peerings.peers;
}

function statusOf(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): string | undefined {
  return conditions?.find((condition) => condition.type === type)?.status;
}

function health(isGood: boolean): string {
  return isGood ? "Healthy" : "Unhealthy";
}
