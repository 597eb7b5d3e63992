/** What a CONNECT asks for. RFC 9110 §9.3.6 */
export interface Host {
  readonly name: string;
  readonly port: number;
}

const AUTHORITY = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@[\]]{1,253})):(\d{1,5})$/;

/** `name:port` or `[ipv6]:port`; undefined for anything else. */
export function parseHost(text: string): Host | undefined {
  const match = AUTHORITY.exec(text);
  const name = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return name === undefined || port < 1 || port > 65_535 ? undefined : { name, port };
}
