/** The ports of a peering's tunnels, of which there may be several. Not in upstream's liqoctl. */
import { CliError } from "../../errors.ts";

/** As the API has room for. */
const MOST = 64;
const LAST_PORT = 65_535;

interface Endpoint {
  readonly port?: number;
  readonly ports?: readonly number[];
}

export function portsOf(endpoint: Endpoint | undefined): readonly number[] {
  const { port, ports } = endpoint ?? {};
  return ports ?? (port === undefined ? [] : [port]);
}

/** `tunnels`: undefined leaves as many as there are. One that stays keeps its port; others follow upon the first. */
export function serverPorts(
  first: number,
  tunnels: number | undefined,
  present: Endpoint | undefined,
): readonly number[] {
  const further = portsOf(present).slice(1);
  const count = tunnels ?? further.length + 1;
  const ports = [first, ...further.filter((port) => port !== first)].slice(0, count);
  for (let next = first + 1; ports.length < count; next++) if (!ports.includes(next)) ports.push(next);
  return ports;
}

/** Throws a CliError for what cannot be. */
export function checkTunnels(tunnels: number | undefined, first: number): void {
  if (tunnels === undefined) return;
  const most = Math.min(MOST, LAST_PORT - first + 1);
  if (tunnels < 1 || tunnels > most)
    throw new CliError(`--gw-tunnels ${tunnels}: must be from 1 to ${most}`, {
      hint: `each has a UDP port, from ${first} on`,
    });
}
