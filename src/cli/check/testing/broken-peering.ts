/** What may be wrong between two clusters. */
import { client, connection, identity } from "../../why/testing/peer.ts";
import * as made from "./cluster.ts";
import { type Broken, peer, rows, withNetwork } from "./rows.ts";

const NETWORKING = {
  enabled: true,
  conditions: [{ type: "NetworkConnectionStatus", status: "Error", message: "it is down" }],
};
const MODULES = "its modules are healthy";
const OUTSIDE = "the peer's gateway is outside of the CIDRs used here";
const dials = (address: string) => ({
  ...client,
  spec: { ...client.spec, mtu: 1340, endpoint: { addresses: [address], port: 51_840 } },
});
const server = (serviceType: "ClusterIP" | "NodePort") => ({
  metadata: { name: "rome", namespace: "liqo-tenant-rome" },
  spec: { endpoint: { serviceType, port: 51_840 } },
  status: { endpoint: { addresses: ["192.168.1.10"], port: 31_840 }, serverRef: { name: "rome" } },
});
const WAY = {
  gateway: "the gateway runs, and has an address",
  tunnel: "the tunnel is connected",
  tables: "rules and routes are applied",
  paths: "pods' packets get there and back",
  nodes: "virtual nodes and their kubelets are ready",
};
const several = (value: "Connected" | "Error") => {
  const one = { interface: "liqo-tunnel1", inUse: true, port: 51_841, value };
  return { ...made.tunnel(), status: { ...made.tunnel().status, tunnels: [one] } };
};
const withPath = (more: { readonly full?: "Lost"; readonly lastProbe?: string }) => {
  const { status, ...rest } = made.tunnel();
  return peer({ connections: [{ ...rest, status: { ...status, paths: [{ ...made.path, ...more }] } }] });
};
const fabrics = [{ metadata: { name: "rome" }, spec: { gatewayIP: "10.244.0.3", remoteCIDRs: [] } as never }];
const ofPeering = rows(
  "peering with rome",
  [
    "a module that is ill",
    (all) => {
      const found = all.home.liqo.peerings[0]?.peer as { status: { modules: object } };
      return peer({
        peer: {
          ...found,
          status: { ...found.status, modules: { ...found.status.modules, networking: NETWORKING } },
        } as never,
      })(all);
    },
    { [MODULES]: "failed" },
    /networking: it is down/,
  ],
  [
    "no ForeignCluster",
    peer({ peer: undefined }),
    { [MODULES]: "failed", "it may be asked, and ask": "warning" },
    /ForeignCluster is gone/,
  ],
  [
    "an identity without a kubeconfig",
    peer({ identities: [{ ...identity, status: {} }] }),
    { "it may be asked, and ask": "failed" },
    /has no kubeconfig/,
  ],
  ["no CIDRs", peer({ configurations: [] }), { "its CIDRs have a place here": "failed" }, /none for rome/],
  ["no gateway pod", peer({ gatewayPods: [] }), { [WAY.gateway]: "failed" }, /has no pod/],
  ["a tunnel that is down", peer({ connections: [connection("Error")] }), { [WAY.tunnel]: "failed" }, /says Error/],
  ["no Connection", peer({ connections: [] }), { [WAY.tunnel]: "failed" }, /there is no Connection/],
  [
    "a path that carries less",
    peer({ clients: [dials("192.0.2.1")], connections: [made.tunnel("Connected", 1200)] }),
    { "the tunnel carries packets as large as configured": "warning" },
    /1200 is what arrives, 1340 is configured/,
  ],
  [
    "one of several tunnels",
    peer({ connections: [several("Error")] }),
    { "all tunnels are connected": "warning" },
    /port 51841: Error/,
  ],
  [
    "a gateway among the pods",
    peer({ clients: [dials("10.244.3.4")] }),
    { [OUTSIDE]: "failed" },
    /10\.244\.3\.4 is in the pod CIDR/,
  ],
  [
    "a gateway that nobody reaches",
    peer({ clients: [], servers: [server("ClusterIP")] }),
    { "other clusters can reach the gateway's Service": "warning" },
    /inside of this cluster alone/,
  ],
  [
    "nodes that do not know the CIDRs",
    peer({ fabrics }),
    { "nodes reach the gateway": "warning" },
    /does not have 10\.245/,
  ],
  [
    "rules that are refused",
    peer({
      firewalls: [
        { metadata: { name: "t" }, status: { conditions: [{ type: "Applied", status: "False", host: "h" }] } as never },
      ],
    }),
    { [WAY.tables]: "failed" },
    /h has not been able to apply/,
  ],
  [
    "a node whose pods reach nobody",
    withPath({ full: "Lost" }),
    { [WAY.paths]: "failed" },
    /of node worker: full-size/,
  ],
  [
    "a node that tells nothing",
    withPath({ lastProbe: "2026-11-30T11:00:00Z" }),
    { [WAY.paths]: "warning" },
    /node worker has told nothing for more than 30s/,
  ],
  ["no virtual kubelet", peer({ kubelets: [] }), { [WAY.nodes]: "failed" }, /virtual kubelet of liqo-rome has no pod/],
);

const KNOWS = "each knows the other's CIDRs";
const CLAIMS = "each may have its CIDRs at the other";
const ofBoth = rows(
  "both clusters",
  [
    "one id for both",
    (all) => ({ ...all, home: { ...all.home, id: "rome" } }),
    { "their ids differ": "failed" },
    /both are rome/,
  ],
  [
    "a CIDR that changed",
    (all) => ({
      ...all,
      away: {
        ...all.away,
        liqo: {
          ...all.away.liqo,
          networks: made.networks.map((each) =>
            each.metadata.name === "pod-cidr" ? made.network("pod-cidr", "10.9.0.0/16") : each,
          ),
        },
        nodes: [made.nodeWith("worker", "192.168.1.10", { cidr: "10.9.0.0/24" })],
      },
    }),
    { [KNOWS]: "failed" },
    /milan knows 10\.244\.0\.0\/16 as pod CIDR of rome, which has 10\.9\.0\.0\/16/,
  ],
  [
    "a CIDR that no other may see",
    (all) => withNetwork(made.network("external-cidr", "169.254.0.0/17"))(all),
    { [CLAIMS]: "failed", [KNOWS]: "failed" },
    /external CIDR of milan: 169\.254/,
  ],
  [
    "no room for the other's CIDRs before they are peered",
    (all) => {
      const reserved = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((cidr) => made.network("reserved", cidr));
      const { liqo: away } = all.away;
      return {
        home: { ...all.home, liqo: { ...all.home.liqo, peerings: [], networks: [...made.networks, ...reserved] } },
        away: { ...all.away, liqo: { ...away, peerings: [] } },
      };
    },
    { [CLAIMS]: "failed" },
    /pod CIDR 10\.244\.0\.0\/16 of rome finds no place in milan: /,
  ],
  [
    "a server that listens elsewhere",
    (all) => {
      const [there] = all.away.liqo.peerings;
      const changed = there === undefined ? [] : [{ ...there, clients: [], servers: [server("NodePort")] }];
      return peer({ clients: [dials("192.0.2.1")] })({
        ...all,
        away: { ...all.away, liqo: { ...all.away.liqo, peerings: changed } },
      });
    },
    { "the gateway client dials where the server is": "warning" },
    /milan dials 192\.0\.2\.1 port 51840, rome listens at 192\.168\.1\.10 port 31840/,
  ],
);

export const BROKEN_PEERINGS: readonly Broken[] = [...ofPeering, ...ofBoth];
