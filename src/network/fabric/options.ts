/** Flags of liqo-fabric. Upstream: pkg/fabric/flags.go */
import { boolean, durationMs, integer, listenPort, oneOf, parseFlags, required } from "#base/flags.ts";
import { OVERLAY_PORT } from "../gateway/options.ts";
import type { OverlayKind } from "../overlay/plan.ts";

export interface FabricOptions {
  readonly nodeName: string;
  readonly podName: string;
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  readonly overlay: OverlayKind | undefined;
  readonly overlayPort: number;
  readonly hasArp: boolean;
  readonly restoresDrift: boolean;
  readonly followsRoutes: boolean;
  /** How often the way of pods to a peer is measured; undefined: it is not. */
  readonly probeIntervalMs: number | undefined;
}

const KINDS = {
  nodename: required(),
  podname: required(),
  "health-probe-bind-address": listenPort(":8081"),
  "metrics-address": listenPort("0"),
  overlay: oneOf(["auto", "geneve", "vxlan"], "auto"),
  "geneve-port": integer(OVERLAY_PORT),
  "disable-arp": boolean(false),
  "enable-nft-monitor": boolean(true),
  "enable-route-monitor": boolean(true),
  "path-probe-interval": durationMs("10s"),
};

/** Throws a FlagError that names the flag. */
export function parseFabricOptions(args: readonly string[]): FabricOptions {
  const flags = parseFlags(args, KINDS);
  return {
    nodeName: flags.nodename,
    podName: flags.podname,
    healthPort: flags["health-probe-bind-address"],
    metricsPort: flags["metrics-address"],
    overlay: flags.overlay === "auto" ? undefined : flags.overlay,
    overlayPort: flags["geneve-port"],
    hasArp: !flags["disable-arp"],
    restoresDrift: flags["enable-nft-monitor"],
    followsRoutes: flags["enable-route-monitor"],
    probeIntervalMs: flags["path-probe-interval"] > 0 ? flags["path-probe-interval"] : undefined,
  };
}
