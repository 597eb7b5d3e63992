/** Flags of liqo-fabric. Upstream: pkg/fabric/flags.go */
import { Flags } from "../flags.ts";
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
}

const NAMES = [
  ...["nodename", "podname", "health-probe-bind-address", "metrics-address"],
  ...["overlay", "geneve-port", "disable-arp", "enable-nft-monitor", "enable-route-monitor"],
] as const;

export function parseFabricOptions(args: readonly string[]): FabricOptions {
  const flags = Flags.parse(args, NAMES);
  const overlay = flags.oneOf("overlay", ["auto", "geneve", "vxlan"], "auto");
  return {
    nodeName: flags.string("nodename"),
    podName: flags.string("podname"),
    healthPort: flags.listenPort("health-probe-bind-address", ":8081"),
    metricsPort: flags.listenPort("metrics-address", "0"),
    overlay: overlay === "auto" ? undefined : overlay,
    overlayPort: flags.integer("geneve-port", OVERLAY_PORT),
    hasArp: !flags.boolean("disable-arp", false),
    restoresDrift: flags.boolean("enable-nft-monitor", true),
    followsRoutes: flags.boolean("enable-route-monitor", true),
  };
}
