/** Linux capabilities of containers. containerd: oci/spec.go (defaultUnixCaps); Linux: include/uapi/linux/capability.h */
import { readFileSync } from "node:fs";
import type { SecurityContext } from "kubernetes-types/core/v1";

// In the order of their numbers.
const ALL =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );
const DEFAULT =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE".split(
    " ",
  );

/** What this process may hand on: `CapBnd` of /proc/self/status. */
export function availableCapabilities(): ReadonlySet<string> {
  const mask = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  return new Set(ALL.filter((_, bit) => (mask >> BigInt(bit)) & 1n));
}

/** The capabilities of a container, with the prefix that runtimes want; those not available are left out. */
export function capabilitiesOf(context: SecurityContext | undefined, available: ReadonlySet<string>): string[] {
  const names = new Set(context?.privileged === true ? ALL : DEFAULT);
  if (context?.privileged !== true) {
    const add = (context?.capabilities?.add ?? []).map(bare);
    const drop = (context?.capabilities?.drop ?? []).map(bare);
    if (add.includes("ALL")) for (const name of ALL) names.add(name);
    if (drop.includes("ALL")) names.clear();
    for (const name of drop) names.delete(name);
    for (const name of add) if (name !== "ALL") names.add(name);
  }
  return ALL.filter((name) => names.has(name) && available.has(name)).map((name) => `CAP_${name}`);
}

function bare(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}
