/** Addresses of the internal CIDR, for InternalNodes and InternalFabrics together. Used by the controllers of both. */
import { networks } from "#api/ipam/network.ts";
import { internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { mustParseCidr } from "#base/cidr.ts";
import { allocateAddress } from "#ipam/allocator.ts";
import { cidrOfType } from "#ipam/own-networks.ts";
import type { Informers } from "#kube/informer/informers.ts";

// The first one is left out.
const PRE_ALLOCATED = 1;

export class OverlayAddresses {
  readonly #informers: Informers;
  /** By owner: what was given out, be it in the cache already or not. */
  readonly #given = new Map<string, string>();

  constructor(informers: Informers) {
    this.#informers = informers;
  }

  /** Undefined until the internal CIDR has been allocated. The same owner gets the same address again. */
  next(owner: string): string | undefined {
    const cidr = cidrOfType(this.#informers.for(networks).store.list(), "internal-cidr");
    if (cidr === undefined) return undefined;
    const known = this.#given.get(owner);
    if (known !== undefined) return known;
    const used = new Set([...this.#present(), ...this.#given.values()]);
    const address = allocateAddress(mustParseCidr(cidr), PRE_ALLOCATED, used);
    if (address !== undefined) this.#given.set(owner, address);
    return address;
  }

  #present(): string[] {
    const nodes = this.#informers.for(internalNodes).store.list();
    const fabrics = this.#informers.for(internalFabrics).store.list();
    return [
      ...nodes.flatMap(({ spec }) => spec?.interface.node.ip ?? []),
      ...fabrics.flatMap(({ spec }) => spec?.interface.gateway.ip ?? []),
    ];
  }
}
