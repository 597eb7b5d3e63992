/** Pod addresses of one node, one file per address, as the host-local CNI plugin keeps them: they survive restarts. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cidr, formatIpv4, mustParseCidr, parseIpv4, sizeOf } from "#base/cidr.ts";
import { hasCode } from "#base/errors.ts";

export class AddressPool {
  readonly #directory: string;
  readonly #cidr: Cidr;
  #last: number;

  constructor(directory: string, podCidr: string) {
    this.#directory = directory;
    this.#cidr = mustParseCidr(podCidr);
    // The network's own address and the bridge's are never given out.
    this.#last = 1;
    mkdirSync(directory, { recursive: true });
    for (const file of readdirSync(directory)) {
      const ip = parseIpv4(file);
      if (ip !== undefined) this.#last = Math.max(this.#last, ip - this.#cidr.base);
    }
  }

  /** The address of `owner`, the same on each call; new ones go round so that an old one is reused late. */
  take(owner: string): string {
    const owned = readdirSync(this.#directory).find((ip) => readFileSync(join(this.#directory, ip), "utf8") === owner);
    if (owned !== undefined) return owned;
    const usable = sizeOf(this.#cidr) - 3;
    for (let step = 0; step < usable; step++) {
      this.#last = this.#last >= usable + 1 ? 2 : this.#last + 1;
      const ip = formatIpv4(this.#cidr.base + this.#last);
      if (this.#claim(ip, owner)) return ip;
    }
    throw new Error(
      `assign address to pod ${owner}: no address left in ${formatIpv4(this.#cidr.base)}/${this.#cidr.prefix}`,
    );
  }

  release(owner: string): void {
    for (const ip of readdirSync(this.#directory)) {
      if (readFileSync(join(this.#directory, ip), "utf8") === owner) rmSync(join(this.#directory, ip), { force: true });
    }
  }

  #claim(ip: string, owner: string): boolean {
    try {
      writeFileSync(join(this.#directory, ip), owner, { flag: "wx" });
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    }
  }
}
