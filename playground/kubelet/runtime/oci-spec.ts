/**
 * The OCI runtime configuration of a container: a pure function of what was decided before.
 * OCI: runtime-spec/config.md; defaults as containerd's (oci/spec.go, oci/mounts.go).
 */
import type { Image } from "../image.ts";
import type { ContainerUser } from "./user.ts";

export interface Mount {
  readonly host: string;
  readonly path: string;
  readonly readOnly: boolean;
  readonly propagation?: "private" | "rslave" | "rshared";
}

export interface Limits {
  readonly cpuShares: number;
  /** CFS quota per 100 ms, in µs; undefined is unlimited. */
  readonly cpuQuota?: number;
  readonly memoryBytes?: number;
}

export interface SpecInput {
  readonly image: Image;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: ContainerUser;
  readonly capabilities: readonly string[];
  readonly privileged: boolean;
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot: boolean;
  readonly tty: boolean;
  readonly mounts: readonly Mount[];
  /** Paths of the pod's namespaces; undefined: the node's. */
  readonly namespaces: {
    readonly network?: string;
    readonly ipc?: string;
    readonly uts?: string;
    readonly hostPid: boolean;
    /** Of another container, whose processes this one is to see. */
    readonly pid?: string;
  };
  /** Undefined: this machine does not let us limit anything. */
  readonly cgroup?: { readonly path: string; readonly limits: Limits };
  readonly oomScoreAdj?: number;
}

const MASKED =
  "/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware".split(
    " ",
  );
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const CPU_PERIOD_US = 100_000;

export function forgeSpec(input: SpecInput): object {
  return {
    ociVersion: "1.0.2",
    process: forgeProcess(input),
    root: { path: "rootfs", readonly: input.readOnlyRoot },
    mounts: [...systemMounts(input), ...imageBinds(input.image), ...input.mounts.map(forgeMount)],
    linux: {
      namespaces: forgeNamespaces(input.namespaces),
      devices: devicesOf(input),
      ...(input.cgroup !== undefined && {
        cgroupsPath: input.cgroup.path,
        resources: forgeResources(input.cgroup.limits, input.privileged),
      }),
      ...(!input.privileged && { maskedPaths: MASKED, readonlyPaths: READ_ONLY }),
    },
  };
}

/** The process alone: what `exec` takes, with its own arguments and terminal. */
function forgeProcess(
  input: Pick<
    SpecInput,
    "args" | "env" | "workingDir" | "user" | "capabilities" | "noNewPrivileges" | "tty" | "oomScoreAdj"
  >,
): object {
  const { capabilities, user } = input;
  return {
    terminal: input.tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: input.args,
    env: Object.entries(input.env).map(([name, value]) => `${name}=${value}`),
    cwd: input.workingDir,
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    noNewPrivileges: input.noNewPrivileges,
    ...(input.oomScoreAdj !== undefined && { oomScoreAdj: input.oomScoreAdj }),
  };
}

function systemMounts({ privileged, cgroup }: SpecInput): object[] {
  const access = privileged ? "rw" : "ro";
  const safe = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: safe },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: safe },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...safe, access] },
    // The container's own group, where runtimes look for their limits (Node, the JVM, Go's automaxprocs).
    ...(cgroup === undefined
      ? []
      : [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...safe, "relatime", access] }]),
  ];
}

function imageBinds(image: Image): object[] {
  return image.root.binds.map(({ host, path }) => ({
    destination: path,
    type: "bind",
    source: host,
    options: ["rbind", "rprivate", "ro"],
  }));
}

function forgeMount(mount: Mount): object {
  const options = [
    "rbind",
    mount.propagation === undefined ? "rprivate" : mount.propagation,
    mount.readOnly ? "ro" : "rw",
  ];
  return { destination: mount.path, type: "bind", source: mount.host, options };
}

function forgeNamespaces({ network, ipc, uts, hostPid, pid }: SpecInput["namespaces"]): object[] {
  const own: object[] = hostPid || pid !== undefined ? [{ type: "mount" }] : [{ type: "pid" }, { type: "mount" }];
  const joined = Object.entries({ network, ipc, uts, pid }).flatMap(([type, path]) =>
    path === undefined ? [] : [{ type, path }],
  );
  return [...own, ...joined];
}

/** Whoever may administer networks gets the TUN device: user-space WireGuard needs it. */
function devicesOf(input: SpecInput): object[] {
  if (!input.privileged && !input.capabilities.includes("CAP_NET_ADMIN")) return [];
  return [{ path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o666, uid: 0, gid: 0 }];
}

function forgeResources(limits: Limits, privileged: boolean): object {
  return {
    devices: [{ allow: privileged, access: "rwm" }],
    cpu: {
      shares: limits.cpuShares,
      ...(limits.cpuQuota !== undefined && { quota: limits.cpuQuota, period: CPU_PERIOD_US }),
    },
    ...(limits.memoryBytes !== undefined && { memory: { limit: limits.memoryBytes } }),
  };
}
