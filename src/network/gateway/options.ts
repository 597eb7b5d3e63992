/** Flags of liqo-gateway: those of upstream's three containers, in one process. Upstream: pkg/gateway/flags.go and its subfolders */
import {
  boolean,
  durationMs,
  type FlagKind,
  integer,
  integers,
  list,
  listenPort,
  notSet,
  oneOf,
  type ParsedFlags,
  parseFlags,
  required,
  text,
} from "#base/flags.ts";
import type { OverlayKind } from "../overlay/plan.ts";
import type { Implementation } from "../wireguard/driver.ts";
import type { Endpoint } from "../wireguard/endpoint.ts";
import { DEFAULT_KEYS_DIR } from "../wireguard/keys.ts";
import { DEFAULT_MTU, DEFAULT_PORT } from "../wireguard/tunnel.ts";

export interface GatewayOptions {
  readonly name: string;
  readonly namespace: string;
  readonly remoteClusterId: string;
  readonly nodeName: string;
  readonly podName: string;
  /** Where other replicas may ask whether this one lives; undefined: nowhere. */
  readonly podIp: string | undefined;
  readonly gatewayUid: string;
  readonly mode: "server" | "client";
  readonly leaderElection: ElectionTimes | undefined;
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** The most that is used; how much arrives is measured. */
  readonly mtu: number;
  /** The longest time until a larger MTU is tried; undefined: nothing is measured. */
  readonly mtuIntervalMs: number | undefined;
  readonly listenPort: number;
  /** TCP, of a server to listen at and of a client to dial where UDP is shut; undefined: UDP only. */
  readonly carrierPort: number | undefined;
  readonly endpoint: Endpoint | undefined;
  /** Of several tunnels, as far as the gateway's own object does not say. */
  readonly ports: readonly number[];
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

export interface ElectionTimes {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export const OVERLAY_PORT = 6091;

/** Empty where the template is newer than what renders it. */
const portOrNone: FlagKind<number | undefined> = {
  initial: undefined,
  parse: (given) => (given === "" ? undefined : listenPort("0").parse(given === "0" ? given : `:${given}`, undefined)),
};

const KINDS = {
  name: required(),
  namespace: required(),
  "remote-cluster-id": required(),
  "node-name": required(),
  "pod-name": required(),
  "pod-ip": text(""),
  "gateway-uid": required(),
  mode: oneOf(["server", "client"]),
  "leader-election": boolean(false),
  "leader-election-lease-duration": durationMs("15s"),
  "leader-election-renew-deadline": durationMs("10s"),
  "leader-election-retry-period": durationMs("2s"),
  "health-probe-bind-address": listenPort(":8081"),
  "metrics-address": listenPort("0"),
  mtu: integer(DEFAULT_MTU),
  "mtu-probe-interval": durationMs("2m"),
  "listen-port": integer(DEFAULT_PORT),
  "endpoint-address": list(),
  "endpoint-port": integer(DEFAULT_PORT),
  "endpoint-ports": integers(),
  "tcp-carrier-port": portOrNone,
  "dns-check-interval": durationMs("5m"),
  "keys-dir": text(DEFAULT_KEYS_DIR),
  implementation: oneOf(["auto", "kernel", "userspace"], "auto"),
  overlay: oneOf(["auto", "geneve", "vxlan"], "auto"),
  "geneve-port": integer(OVERLAY_PORT),
  "disable-arp": boolean(false),
  "ping-enabled": boolean(true),
  "ping-port": integer(12_345),
  "ping-loss-threshold": integer(5),
  "ping-interval": durationMs("2s"),
  "ping-update-status-interval": durationMs("10s"),
  "enable-nft-monitor": boolean(true),
  "enable-route-monitor": boolean(true),
  "enable-multipath-hash-policy": boolean(false),
};

type Given = ParsedFlags<typeof KINDS>;

/** Throws a FlagError that names the flag. */
export function parseGatewayOptions(args: readonly string[]): GatewayOptions {
  const flags = parseFlags(args, KINDS);
  return {
    name: flags.name,
    namespace: flags.namespace,
    remoteClusterId: flags["remote-cluster-id"],
    nodeName: flags["node-name"],
    podName: flags["pod-name"],
    podIp: flags["pod-ip"] === "" ? undefined : flags["pod-ip"],
    gatewayUid: flags["gateway-uid"],
    mode: flags.mode,
    leaderElection: leaderElection(flags),
    healthPort: flags["health-probe-bind-address"],
    metricsPort: flags["metrics-address"],
    mtu: flags.mtu,
    mtuIntervalMs: flags["mtu-probe-interval"] > 0 ? flags["mtu-probe-interval"] : undefined,
    listenPort: flags["listen-port"],
    carrierPort: flags["tcp-carrier-port"],
    endpoint: endpoint(flags),
    ports: flags["endpoint-ports"],
    dnsIntervalMs: flags["dns-check-interval"],
    keysDir: flags["keys-dir"],
    implementation: flags.implementation,
    overlay: flags.overlay === "auto" ? undefined : flags.overlay,
    overlayPort: flags["geneve-port"],
    hasArp: !flags["disable-arp"],
    ping: ping(flags),
    statusIntervalMs: flags["ping-update-status-interval"],
    restoresDrift: flags["enable-nft-monitor"],
    followsRoutes: flags["enable-route-monitor"],
    usesMultipathHash: flags["enable-multipath-hash-policy"],
  };
}

function leaderElection(flags: Given): GatewayOptions["leaderElection"] {
  if (!flags["leader-election"]) return undefined;
  return {
    leaseMs: flags["leader-election-lease-duration"],
    renewDeadlineMs: flags["leader-election-renew-deadline"],
    retryMs: flags["leader-election-retry-period"],
  };
}

function endpoint(flags: Given): GatewayOptions["endpoint"] {
  if (flags.mode === "server") return undefined;
  const addresses = flags["endpoint-address"];
  if (addresses.length === 0) throw notSet(["endpoint-address"]);
  // Of the first tunnel. Upstream's template passes a list, of which its operator fills the first entry only.
  return { addresses, port: flags["endpoint-ports"][0] ?? flags["endpoint-port"] };
}

function ping(flags: Given): GatewayOptions["ping"] {
  if (!flags["ping-enabled"]) return undefined;
  return {
    port: flags["ping-port"],
    lossThreshold: flags["ping-loss-threshold"],
    intervalMs: flags["ping-interval"],
  };
}
