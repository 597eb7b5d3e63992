/**
 * What a consumer tells one provider of endpoints that run at another, so that the two reach each other without it.
 * Upstream: pkg/utils/directconnection, which knows no `relayedAddresses`
 */

export interface DirectAddress {
  /** As the consumer sees it. */
  readonly address: string;
  /** Where it runs. */
  readonly clusterId: string;
  /** The consumer's own address for it, for a provider that has no peering with that cluster; undefined: it has none. */
  readonly relayed: string | undefined;
}

interface Data {
  readonly clusterAddresses: Readonly<Record<string, readonly string[]>>;
  readonly relayedAddresses?: Readonly<Record<string, string>>;
}

/** The value of the annotation `liqo.io/direct-connections-data`. */
export function formatDirectConnections(addresses: readonly DirectAddress[]): string {
  const byCluster = Map.groupBy(addresses, ({ clusterId }) => clusterId);
  const data: Data = {
    clusterAddresses: Object.fromEntries(
      [...byCluster].map(([clusterId, own]) => [clusterId, own.map(({ address }) => address)]),
    ),
    relayedAddresses: Object.fromEntries(
      addresses.flatMap(({ address, relayed }) => (relayed === undefined ? [] : [[address, relayed]])),
    ),
  };
  return JSON.stringify(data);
}

/** By address. What a consumer wrote that is not of this form says nothing. */
export function parseDirectConnections(text: string | undefined): ReadonlyMap<string, DirectAddress> {
  const data = objectOf(parsed(text ?? "{}"));
  const relayed = objectOf(data["relayedAddresses"]);
  const direct = new Map<string, DirectAddress>();
  for (const [clusterId, addresses] of Object.entries(objectOf(data["clusterAddresses"]))) {
    if (!Array.isArray(addresses)) continue;
    for (const address of addresses.filter((each) => typeof each === "string")) {
      const way = Object.hasOwn(relayed, address) ? relayed[address] : undefined;
      direct.set(address, { address, clusterId, relayed: typeof way === "string" ? way : undefined });
    }
  }
  return direct;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
