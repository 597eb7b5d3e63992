/** Kernel settings of this network namespace. Upstream: pkg/utils/kernel, pkg/gateway/tunnel/wireguard/procnet_linux.go */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

export const SYSCTLS = "/proc/sys/net";

/**
 * Forwarding on and the reverse-path filter off, for present and future links; what the kernel answers itself to a
 * marked packet carries the mark; packets with an own address as sender are let in, for a pod of the other cluster may
 * have it, too. What others say of the MTU of the tunnel's path is not believed: the kernel would cut packets up by it, and
 * a measurement would not see that they are too long.
 */
export function makeRouter(folder = SYSCTLS): void {
  ensureForwarding(folder);
  ensureSysctl(folder, "ipv4/fwmark_reflect", "1");
  ensureSysctl(folder, "ipv4/conf/all/accept_local", "1");
  ensureSysctl(folder, "ipv4/ip_no_pmtu_disc", "2");
  for (const link of readdirSync(`${folder}/ipv4/conf`)) ensureSysctl(folder, `ipv4/conf/${link}/rp_filter`, "0");
}

export function ensureForwarding(folder = SYSCTLS): void {
  ensureSysctl(folder, "ipv4/ip_forward", "1");
}

/** Writes only when the value differs, because /proc/sys may be read-only and right already. */
function ensureSysctl(folder: string, name: string, value: string): void {
  const path = `${folder}/${name}`;
  if (readFileSync(path, "utf8").trim() === value) return;
  try {
    writeFileSync(path, value);
  } catch (cause) {
    throw new Error(`set ${path} to ${value}: not permitted; run liqo-sysctls in a privileged init container`, {
      cause,
    });
  }
}

/** Spreads flows of one pair of hosts over equal paths: the hash covers ports too. */
export function enableMultipathHash(folder = SYSCTLS): void {
  ensureSysctl(folder, "ipv4/fib_multipath_hash_policy", "1");
}
