/** The tunnel's MTU follows what is measured; without ping, or where it is not wanted, it stays as configured. */
import type { Context } from "#base/context.ts";
import type { ConnectionWriter } from "../conncheck/connection.ts";
import { ProbePath } from "../mtu/probe-path.ts";
import { openProbeSocket } from "../mtu/probe-socket.ts";
import { MtuProber, type TunnelMtu } from "../mtu/prober.ts";
import type { Machine } from "../system/machine.ts";
import type { Tunnels } from "../tunnels/tunnels.ts";
import { tunnelAddresses } from "../wireguard/addresses.ts";
import type { Tunnel } from "../wireguard/tunnel.ts";
import type { GatewayOptions } from "./options.ts";

export interface MtuMeter extends AsyncDisposable {
  /** For as long as this gateway is in charge. */
  run(ctx: Context): Promise<void>;
  /** A probe of the peer came, with what that has measured; gives what this end has. */
  probed(mtu: number | undefined): number | undefined;
}

export interface MeterParts {
  readonly plane: {
    /** The first: probes go through it. */
    readonly tunnel: Pick<Tunnel, "addresses">;
    readonly tunnels: Pick<Tunnels, "setMtu">;
    readonly probePath: ProbePath | undefined;
  };
  readonly connection: Pick<ConnectionWriter, "mtuFound">;
  /** Whether the peer answers pings. */
  isConnected(): boolean;
}

interface Measured {
  readonly options: GatewayOptions;
  readonly machine: Machine;
}

/** Undefined where nothing is measured. */
export function openProbePath({ options, machine }: Measured): ProbePath | undefined {
  const { mode, mtu, ping, mtuIntervalMs, endpoint, listenPort } = options;
  if (ping === undefined || mtuIntervalMs === undefined) return undefined;
  return new ProbePath(machine, {
    peer: tunnelAddresses(mode).peer,
    sourcePort: probePort(ping),
    bound: mtu,
    carrier: mode === "client" ? `udp dport ${endpoint?.port}` : `udp sport ${listenPort}`,
  });
}

/** Beside the port that pings come from: probes have a route of their own. */
function probePort({ port }: { readonly port: number }): number {
  return port + 1;
}

export async function openMtuMeter(
  ctx: Context,
  { options, machine }: Measured,
  { plane, connection, isConnected }: MeterParts,
): Promise<MtuMeter> {
  const { ping, mtuIntervalMs, mtu, remoteClusterId } = options;
  const { tunnel, tunnels, probePath } = plane;
  const update = (found: TunnelMtu): void => {
    tunnels.setMtu(found.value);
    connection.mtuFound(found);
  };
  if (probePath === undefined || ping === undefined || mtuIntervalMs === undefined) {
    return {
      run: async () => update({ value: mtu, origin: "Configured" }),
      probed: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const socket = await openProbeSocket(ctx, {
    sourcePort: probePort(ping),
    peer: { address: tunnel.addresses.peer, port: ping.port },
    receive: (answer) => prober.receive(answer),
  });
  const prober = new MtuProber({
    remoteClusterId,
    send: socket.send,
    bound: mtu,
    intervalMs: mtuIntervalMs,
    clock: machine.clock,
    isReady: () => probePath.isSet && isConnected(),
    update,
  });
  return {
    run: (own) => prober.run(own),
    probed(measured) {
      prober.peerMeasured(measured);
      return prober.own;
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}
