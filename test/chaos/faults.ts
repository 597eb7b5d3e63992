/** What can go wrong, each with what has to be told while it lasts. */
import type { Component, LinkFault } from "#engines/engine.ts";
import { between } from "#engines/link-faults.ts";
import { liqoContainer } from "#kit/components.ts";
import type { Lost } from "#kit/truth.ts";
import type { World } from "./world.ts";

export interface Fault {
  readonly name: string;
  /** What of the way from milan to rome it takes away; undefined: not to be told within its time. */
  readonly loses?: Partial<Lost>;
  /** How long it lasts; 0: it is done in a moment. */
  readonly holdMs: number;
  readonly begin: (world: World) => Promise<void>;
  readonly end?: (world: World) => Promise<void>;
}

// Long enough for what must be told within 15 s, and to be seen for some time afterwards.
const HOLD_MS = 20_000;
const SIDES = ["milan", "rome"] as const;
const LIQO = ["controller-manager", "fabric", "gateway"] as const;

export const FAULTS: readonly Fault[] = [
  ...SIDES.flatMap((side) => [
    killed(side, "apiserver", async () => "apiserver"),
    killed(side, "controllers and scheduler", async () => "controllers"),
    killed(side, "node agent", async () => ({ node: "worker-node-1" })),
    ...LIQO.map((name) => killed(side, name, ({ clusters }) => liqoContainer(clusters, side, name))),
  ]),
  killed("milan", "virtual-kubelet", ({ clusters }) => liqoContainer(clusters, "milan", "virtual-kubelet")),
  hung("rome", "apiserver", async () => "apiserver", { api: true }),
  hung("milan", "virtual-kubelet", ({ clusters }) => liqoContainer(clusters, "milan", "virtual-kubelet")),
  ...SIDES.map((side) =>
    hung(side, "controller-manager", ({ clusters }) => liqoContainer(clusters, side, "controller-manager")),
  ),
  link("link cut", between("milan", "rome", "all"), { api: true, network: true }),
  link("way to the API servers cut", between("milan", "rome", "api"), { api: true }),
  link("tunnel cut", between("milan", "rome", "tunnel"), { network: true }),
  link("tunnel cut one way", [{ from: "milan", to: "rome", traffic: "tunnel" }], { network: true }),
  link("10 % of packets lost", lossy(10)),
  link("50 % of packets lost", lossy(50)),
  deleted("pods of the shop", "milan", ["pods", "-n", "liqo-demo", "-l", "app in (frontend,cartservice)"]),
  deleted("pods behind a Service", "milan", ["pods", "-n", "things", "-l", "app=web"]),
  deleted("remote pods behind a Service", "rome", ["pods", "-n", "things-milan", "-l", "app=web"]),
  deleted("twins of ConfigMaps, Secrets and Services", "rome", ["cm,secret,svc", "-n", "things-milan", "--all"]),
  deleted("twin namespace", "rome", ["namespace", "things-milan"]),
  deleted("NamespaceMaps at rome", "rome", ["namespacemaps", "-A", "--all"]),
  deleted("Node", "milan", ["node", "liqo-rome"]),
  deleted("ForeignClusters", "milan", ["foreignclusters", "--all"]),
  deleted("virtual kubelet's Deployment", "milan", ["deployment", "-A", "-l", "liqo.io/virtual-node"]),
  ...SIDES.flatMap((side) => [
    deleted(`tables of ${side}`, side, ["firewallconfigurations,routeconfigurations", "-A", "--all"]),
    deleted(`Connections of ${side}`, side, ["connections", "-A", "--all"]),
    deleted(`gateway of ${side}`, side, ["deployment", "-A", "-l", "networking.liqo.io/component=gateway"]),
  ]),
];

function killed(cluster: string, what: string, component: (world: World) => Promise<Component>): Fault {
  return {
    name: `${what} of ${cluster} killed`,
    holdMs: 0,
    begin: async (world) => world.machine.kill(cluster, await component(world)),
  };
}

function hung(
  cluster: string,
  what: string,
  component: (world: World) => Promise<Component>,
  loses?: Partial<Lost>,
): Fault {
  let victim: Component | undefined;
  return {
    name: `${what} of ${cluster} hung`,
    holdMs: HOLD_MS,
    ...(loses !== undefined && { loses }),
    begin: async (world) => {
      victim = await component(world);
      await world.machine.kill(cluster, victim, "SIGSTOP");
    },
    end: async ({ machine }) => {
      if (victim === undefined) return;
      // Its kubelet may have ended it by now.
      await machine.kill(cluster, victim, "SIGCONT").catch(() => undefined);
    },
  };
}

function link(name: string, faults: readonly LinkFault[], loses?: Partial<Lost>): Fault {
  return {
    name,
    holdMs: HOLD_MS,
    ...(loses !== undefined && { loses }),
    begin: ({ links }) => links.add(faults),
    end: ({ links }) => links.remove(faults),
  };
}

function lossy(dropPercent: number): LinkFault[] {
  return between("milan", "rome", "all").map((fault) => ({ ...fault, dropPercent }));
}

function deleted(what: string, cluster: string, args: readonly string[]): Fault {
  return {
    name: `${what} deleted`,
    holdMs: 0,
    begin: async ({ clusters }) => {
      // With an API server that another fault has taken away there is nothing to delete.
      await clusters.tryKubectl(cluster, ["delete", ...args, "--wait=false", "--ignore-not-found"]);
    },
  };
}
