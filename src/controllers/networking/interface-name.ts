/** Names of the overlay's devices. Upstream: pkg/liqo-controller-manager/networking/internal-network (FindFreeInterfaceName) */
import { randomBytes } from "node:crypto";

const CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";

/** `liqo.` and ten random characters: 15 in all, as many as the kernel allows. */
export function newInterfaceName(): string {
  return `liqo.${[...randomBytes(10)].map((byte) => CHARACTERS[byte % CHARACTERS.length]).join("")}`;
}
