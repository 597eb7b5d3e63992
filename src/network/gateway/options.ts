/** Flags of liqo-gateway: those of upstream's three containers, in one process. Upstream: pkg/gateway/flags.go and its subfolders */
import { Flags } from "../flags.ts";
import type { OverlayKind } from "../overlay/plan.ts";
import type { Implementation } from "../wireguard/driver.ts";
import { DEFAULT_KEYS_DIR } from "../wireguard/keys.ts";
import { DEFAULT_MTU, DEFAULT_PORT } from "../wireguard/tunnel.ts";

export interface GatewayOptions {
  readonly name: string;
  readonly namespace: string;
  readonly remoteClusterId: string;
  readonly nodeName: string;
  readonly podName: string;
  readonly gatewayUid: string;
  readonly mode: "server" | "client";
  readonly leaderElection: { readonly leaseMs: number; readonly renewMs: number; readonly retryMs: number } | undefined;
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  readonly mtu: number;
  readonly listenPort: number;
  readonly endpoint: { readonly address: string; readonly port: number } | undefined;
  readonly dnsIntervalMs: number;
  readonly keysDir: string;
  readonly implementation: Implementation;
  readonly overlay: OverlayKind | undefined;
  readonly overlayPort: number;
  readonly hasArp: boolean;
  readonly ping: { readonly port: number; readonly lossThreshold: number; readonly intervalMs: number } | undefined;
  readonly statusIntervalMs: number;
  readonly restoresDrift: boolean;
  readonly followsRoutes: boolean;
  readonly usesMultipathHash: boolean;
}

export const OVERLAY_PORT = 6091;
const SECOND = 1_000;

const NAMES = [
  ...["name", "namespace", "remote-cluster-id", "node-name", "pod-name", "gateway-uid", "mode"],
  ...["leader-election", "leader-election-lease-duration", "leader-election-renew-deadline"],
  ...["leader-election-retry-period", "health-probe-bind-address", "metrics-address"],
  ...["mtu", "listen-port", "endpoint-address", "endpoint-port", "endpoint-ports", "dns-check-interval", "keys-dir"],
  ...["implementation", "overlay", "geneve-port", "disable-arp"],
  ...["ping-enabled", "ping-port", "ping-loss-threshold", "ping-interval", "ping-update-status-interval"],
  ...["enable-nft-monitor", "enable-route-monitor", "enable-multipath-hash-policy"],
] as const;

export function parseGatewayOptions(args: readonly string[]): GatewayOptions {
  const flags = Flags.parse(args, NAMES);
  const overlay = flags.oneOf("overlay", ["auto", "geneve", "vxlan"], "auto");
  const mode = flags.oneOf("mode", ["server", "client"]);
  return {
    name: flags.string("name"),
    namespace: flags.string("namespace"),
    remoteClusterId: flags.string("remote-cluster-id"),
    nodeName: flags.string("node-name"),
    podName: flags.string("pod-name"),
    gatewayUid: flags.string("gateway-uid"),
    mode,
    leaderElection: leaderElection(flags),
    healthPort: flags.listenPort("health-probe-bind-address", ":8081"),
    metricsPort: flags.listenPort("metrics-address", "0"),
    mtu: flags.integer("mtu", DEFAULT_MTU),
    listenPort: flags.integer("listen-port", DEFAULT_PORT),
    endpoint: mode === "server" ? undefined : { address: flags.string("endpoint-address"), port: endpointPort(flags) },
    dnsIntervalMs: flags.durationMs("dns-check-interval", 300 * SECOND),
    keysDir: flags.string("keys-dir", DEFAULT_KEYS_DIR),
    implementation: flags.oneOf("implementation", ["auto", "kernel", "userspace"], "auto"),
    overlay: overlay === "auto" ? undefined : overlay,
    overlayPort: flags.integer("geneve-port", OVERLAY_PORT),
    hasArp: !flags.boolean("disable-arp", false),
    ping: ping(flags),
    statusIntervalMs: flags.durationMs("ping-update-status-interval", 10 * SECOND),
    restoresDrift: flags.boolean("enable-nft-monitor", true),
    followsRoutes: flags.boolean("enable-route-monitor", true),
    usesMultipathHash: flags.boolean("enable-multipath-hash-policy", false),
  };
}

function leaderElection(flags: Flags): GatewayOptions["leaderElection"] {
  if (!flags.boolean("leader-election", false)) return undefined;
  return {
    leaseMs: flags.durationMs("leader-election-lease-duration", 15 * SECOND),
    renewMs: flags.durationMs("leader-election-renew-deadline", 10 * SECOND),
    retryMs: flags.durationMs("leader-election-retry-period", 2 * SECOND),
  };
}

/** Upstream's template passes a list, of which its operator fills the first entry only. */
function endpointPort(flags: Flags): number {
  const [first] = (flags.find("endpoint-ports") ?? "").split(",");
  if (first === undefined || first === "") return flags.integer("endpoint-port", DEFAULT_PORT);
  return Number(/^\d{1,5}$/.test(first) ? first : flags.integer("endpoint-ports", DEFAULT_PORT));
}

function ping(flags: Flags): GatewayOptions["ping"] {
  if (!flags.boolean("ping-enabled", true)) return undefined;
  return {
    port: flags.integer("ping-port", 12_345),
    lossThreshold: flags.integer("ping-loss-threshold", 5),
    intervalMs: flags.durationMs("ping-interval", 2 * SECOND),
  };
}
