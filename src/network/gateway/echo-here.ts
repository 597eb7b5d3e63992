/** Where nodes of this cluster find the peer's gateway: its pod address, as this gateway's tables translate it. Pure. */
import type { Connection } from "#api/networking/connection.ts";
import type { FirewallConfiguration, NatRule } from "#api/networking/firewallconfiguration.ts";
import { type Cidr, parseCidr, remapIp } from "#base/cidr.ts";
import type { GatewayOptions } from "./options.ts";

type Echo = NonNullable<Connection["status"]>["echo"];

/** `address`: in the peer's own words. Undefined: it answers none. */
export function echoHere(
  { ping }: Pick<GatewayOptions, "ping">,
  address: string | undefined,
  tables: readonly FirewallConfiguration[],
): Echo {
  if (ping === undefined || address === undefined) return undefined;
  const seen = tables
    .flatMap(({ spec }) => spec?.table.chains ?? [])
    .flatMap(({ rules }) => rules?.natRules ?? [])
    .flatMap(prefixesOf)
    .map(({ own, here }) => remapIp(address, own, here))
    .find((each) => each !== undefined);
  return { address: seen ?? address, port: ping.port };
}

/** Of a rule that translates a whole CIDR of the peer. */
function prefixesOf({ natType, to = "", match }: NatRule): { readonly own: Cidr; readonly here: Cidr }[] {
  const seen = match.find(({ op, ip }) => op === "eq" && ip?.position === "dst")?.ip?.value ?? "";
  const [own, here] = [parseCidr(to), parseCidr(seen)];
  return natType === "dnat" && own !== undefined && here !== undefined ? [{ own, here }] : [];
}
