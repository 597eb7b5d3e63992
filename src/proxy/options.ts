/** Flags of liqo-proxy. Upstream: cmd/proxy/main.go; `health-port`, `metrics-address` and `max-connections` are ours */
import { FlagError, integer, list, listenPort, parseFlags, text } from "#base/flags.ts";
import { type Host, parseHost } from "./host.ts";

export interface ProxyOptions {
  readonly port: number;
  /** Where all tunnels lead, whatever is asked for. */
  readonly forcedHost: Host | undefined;
  /** What may be asked for, as it is written; empty: anything. */
  readonly allowedHosts: readonly string[];
  readonly healthPort: number;
  /** undefined: none are served. */
  readonly metricsPort: number | undefined;
  readonly maxConnections: number;
}

/** Throws a FlagError that names the flag. */
export function parseProxyOptions(args: readonly string[]): ProxyOptions {
  const flags = parseFlags(args, {
    port: integer(8_080),
    "force-host": text(),
    "allowed-hosts": list(),
    "health-port": integer(8_081),
    "metrics-address": listenPort("0"),
    "max-connections": integer(1_024),
  });
  const force = flags["force-host"];
  const forcedHost = force === undefined ? undefined : parseHost(force);
  if (force !== undefined && forcedHost === undefined)
    throw new FlagError(`--force-host "${force}": must be host:port, such as kubernetes.default.svc:443`);
  if (flags["max-connections"] < 1)
    throw new FlagError(`--max-connections ${flags["max-connections"]}: must be at least 1`);
  return {
    port: flags.port,
    forcedHost,
    allowedHosts: flags["allowed-hosts"],
    healthPort: flags["health-port"],
    metricsPort: flags["metrics-address"],
    maxConnections: flags["max-connections"],
  };
}
