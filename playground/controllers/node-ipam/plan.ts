/** Which part of the pod CIDR a node gets. Kubernetes: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go */
import { type Cidr, formatCidr, maskOf } from "#base/cidr.ts";

/** The first part of this prefix length that is not used; undefined when all are. */
export function freePart(podCidr: Cidr, prefix: number, used: ReadonlySet<string>): string | undefined {
  const size = 2 ** (32 - prefix);
  const count = 2 ** Math.max(0, prefix - podCidr.prefix);
  for (let i = 0; i < count; i++) {
    const base = (podCidr.base + i * size) >>> 0;
    const cidr = formatCidr({ base: (base & maskOf(prefix)) >>> 0, prefix });
    if (!used.has(cidr)) return cidr;
  }
  return undefined;
}
