/** What came of each carrier and address that was tried, for people. Not in upstream. */
import type { Carrier } from "./choice.ts";

export const UNHEARD = "no handshake";
export const HEARD = "connected";

export class CarrierResults {
  readonly #results = new Map<string, string>();

  /** `address`: `ip:port`. Tells whether that is news. */
  set(carrier: Carrier, address: string, result: string): boolean {
    const name = `${carrier} ${address}`;
    if (this.#results.get(name) === result) return false;
    this.#results.set(name, result);
    return true;
  }

  /** Others are not known any more. */
  keep(addresses: Readonly<Record<Carrier, readonly string[]>>): void {
    const known = new Set(
      (["UDP", "TCP"] as const).flatMap((carrier) => addresses[carrier].map((address) => `${carrier} ${address}`)),
    );
    for (const name of this.#results.keys()) if (!known.has(name)) this.#results.delete(name);
  }

  /** Such as `UDP 192.0.2.1:51840: no handshake`, UDP first; undefined: nothing was tried. */
  text(carrier?: Carrier): string | undefined {
    const lines = [...this.#results]
      .filter(([name]) => carrier === undefined || name.startsWith(carrier))
      .sort(([a], [b]) => (a[0] === b[0] ? a.localeCompare(b) : a[0] === "U" ? -1 : 1))
      .map(([name, result]) => `${name}: ${result}`);
    return lines.length === 0 ? undefined : lines.join(", ");
  }
}
