/** The checks of the level baseline, in the order in which they are told. Kubernetes: pod-security-admission/policy/check_*.go, 1.34 */
import type { LifecycleHandler, Probe, SELinuxOptions } from "kubernetes-types/core/v1";
import {
  type Check,
  containersOf,
  containersWith,
  named,
  type PodLike,
  plural,
  quoted,
  setters,
  sorted,
  type Violation,
} from "./check.ts";

const CAPABILITIES = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** By the minor version that allowed them. */
const SYSCTLS: Readonly<Record<string, number>> = {
  "kernel.shm_rmid_forced": 0,
  "net.ipv4.ip_local_port_range": 0,
  "net.ipv4.tcp_syncookies": 0,
  "net.ipv4.ping_group_range": 0,
  "net.ipv4.ip_unprivileged_port_start": 0,
  "net.ipv4.ip_local_reserved_ports": 27,
  "net.ipv4.tcp_keepalive_time": 29,
  "net.ipv4.tcp_fin_timeout": 29,
  "net.ipv4.tcp_keepalive_intvl": 29,
  "net.ipv4.tcp_keepalive_probes": 29,
  "net.ipv4.tcp_rmem": 32,
  "net.ipv4.tcp_wmem": 32,
};

const SELINUX_TYPES: Readonly<Record<string, number>> = {
  "": 0,
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};

const PROFILES = ["RuntimeDefault", "Localhost"];
const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/";

export const BASELINE: readonly Check[] = [
  { id: "appArmorProfile", since: 0, find: findAppArmor },
  { id: "capabilities_baseline", since: 0, find: findCapabilities },
  { id: "hostNamespaces", since: 0, find: findHostNamespaces },
  { id: "hostPathVolumes", since: 0, find: findHostPaths },
  { id: "hostPorts", since: 0, find: findHostPorts },
  { id: "hostProbesAndHostLifecycle", since: 34, find: findHostsOfProbes },
  { id: "privileged", since: 0, find: findPrivileged },
  { id: "procMount", since: 0, find: findProcMount },
  { id: "seLinuxOptions", since: 0, find: findSeLinux },
  { id: "seccompProfile_baseline", since: 0, find: findSeccomp },
  { id: "sysctls", since: 0, find: findSysctls },
  { id: "windowsHostProcess", since: 0, find: findHostProcess },
];

function findAppArmor({ metadata, spec }: PodLike): Violation | undefined {
  const isBad = (type: string | undefined): boolean => type !== undefined && !PROFILES.includes(type);
  const podType = spec.securityContext?.appArmorProfile?.type;
  const values: string[] = isBad(podType) ? [podType ?? ""] : [];
  const containers = containersWith(spec, ({ appArmorProfile }) => {
    if (!isBad(appArmorProfile?.type)) return false;
    values.push(appArmorProfile?.type ?? "");
    return true;
  });
  const annotations = Object.entries(metadata?.annotations ?? {})
    .filter(
      ([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !/^(|runtime\/default|localhost\/.*)$/s.test(value),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const who = setters(isBad(podType), containers);
  const all = [...(who === undefined ? [] : [who]), ...annotationWord(annotations)];
  if (all.length === 0) return undefined;
  const found = [...sorted(values), ...sorted(annotations)];
  return {
    reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", found.length),
    detail: `${all.join(" and ")} must not set AppArmor profile type to ${quoted(found)}`,
  };
}

function annotationWord(annotations: readonly string[]): string[] {
  return annotations.length === 0 ? [] : [plural("annotation", "annotations", annotations.length)];
}

function findCapabilities({ spec }: PodLike): Violation | undefined {
  const added: string[] = [];
  const containers = containersWith(spec, ({ capabilities }) => {
    const bad = (capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));
    added.push(...bad);
    return bad.length > 0;
  });
  if (containers.length === 0) return undefined;
  const detail = `${named(containers)} must not include ${quoted(sorted(added))} in securityContext.capabilities.add`;
  return { reason: "non-default capabilities", detail };
}

function findHostNamespaces({ spec }: PodLike): Violation | undefined {
  const set = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name] === true);
  if (set.length === 0) return undefined;
  return { reason: "host namespaces", detail: set.map((name) => `${name}=true`).join(", ") };
}

function findHostPaths({ spec }: PodLike): Violation | undefined {
  const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (volumes.length === 0) return undefined;
  return { reason: "hostPath volumes", detail: `${plural("volume", "volumes", volumes.length)} ${quoted(volumes)}` };
}

function findHostPorts({ spec }: PodLike): Violation | undefined {
  const using = containersOf(spec)
    .map(({ name, ports = [] }) => ({
      name,
      ports: ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [hostPort])),
    }))
    .filter(({ ports }) => ports.length > 0);
  if (using.length === 0) return undefined;
  const ports = sorted(using.flatMap((one) => one.ports.map(String)));
  const verb = plural("uses", "use", using.length);
  const detail = `${named(using.map(({ name }) => name))} ${verb} ${plural("hostPort", "hostPorts", ports.length)} ${ports.join(", ")}`;
  return { reason: "hostPort", detail };
}

function findHostsOfProbes({ spec }: PodLike): Violation | undefined {
  const using = containersOf(spec)
    .map(({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
      name,
      hosts: [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hostsOf),
    }))
    .filter(({ hosts }) => hosts.length > 0);
  if (using.length === 0) return undefined;
  const names = sorted(using.map(({ name }) => name));
  const hosts = sorted(using.flatMap((one) => one.hosts));
  const what = plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.length);
  const detail = `${named(names)} ${plural("uses", "use", names.length)} ${what} ${quoted(hosts)}`;
  return { reason: "probe or lifecycle host", detail };
}

function hostsOf(handler: Probe | LifecycleHandler | undefined): string[] {
  return [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(
    (host) => host !== undefined && host !== "",
  ) as string[];
}

function findPrivileged({ spec }: PodLike): Violation | undefined {
  const containers = containersWith(spec, ({ privileged }) => privileged === true);
  if (containers.length === 0) return undefined;
  return { reason: "privileged", detail: `${named(containers)} must not set securityContext.privileged=true` };
}

function findProcMount({ spec }: PodLike): Violation | undefined {
  const values: string[] = [];
  const containers = containersWith(spec, ({ procMount = "Default" }) => {
    if (procMount === "Default") return false;
    values.push(procMount);
    return true;
  });
  if (containers.length === 0) return undefined;
  const detail = `${named(containers)} must not set securityContext.procMount to ${quoted(sorted(values))}`;
  return { reason: "procMount", detail };
}

function findSeLinux({ spec }: PodLike, minor: number): Violation | undefined {
  const seen: SELinuxOptions[] = [];
  const isBad = (options: SELinuxOptions | undefined): boolean => {
    if (options === undefined) return false;
    if (
      isAllowed(SELINUX_TYPES, options.type ?? "", minor) &&
      (options.user ?? "") === "" &&
      (options.role ?? "") === ""
    )
      return false;
    seen.push(options);
    return true;
  };
  const ofPod = isBad(spec.securityContext?.seLinuxOptions);
  const who = setters(
    ofPod,
    containersWith(spec, ({ seLinuxOptions }) => isBad(seLinuxOptions)),
  );
  if (who === undefined) return undefined;
  const types = sorted(seen.map(({ type = "" }) => type).filter((type) => !isAllowed(SELINUX_TYPES, type, minor)));
  const bad = [
    ...(types.length > 0 ? [`${plural("type", "types", types.length)} ${quoted(types)}`] : []),
    ...(seen.some(({ user = "" }) => user !== "") ? ["user may not be set"] : []),
    ...(seen.some(({ role = "" }) => role !== "") ? ["role may not be set"] : []),
  ];
  const detail = `${who} set forbidden securityContext.seLinuxOptions: ${bad.join("; ")}`;
  return { reason: "seLinuxOptions", detail };
}

/** Annotations until 1.18, the field since. */
function findSeccomp(pod: PodLike, minor: number): Violation | undefined {
  if (minor < 19) return findSeccompAnnotations(pod);
  const { spec } = pod;
  const { who, values } = badSeccomp(pod);
  if (who === undefined || spec === undefined) return undefined;
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
}

/** Who sets a seccomp profile that is neither RuntimeDefault nor Localhost, and which. */
export function badSeccomp({ spec }: PodLike): { readonly who: string | undefined; readonly values: string[] } {
  const values: string[] = [];
  const isBad = (type: string | undefined): boolean => {
    if (type === undefined || PROFILES.includes(type)) return false;
    values.push(type);
    return true;
  };
  const ofPod = isBad(spec.securityContext?.seccompProfile?.type);
  const containers = containersWith(spec, ({ seccompProfile }) => isBad(seccompProfile?.type));
  return { who: setters(ofPod, containers), values: sorted(values) };
}

function findSeccompAnnotations({ metadata, spec }: PodLike): Violation | undefined {
  const { annotations = {} } = metadata ?? {};
  const keys = [SECCOMP_POD_ANNOTATION, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER_ANNOTATION + name)];
  const bad = keys
    .filter(
      (key) =>
        annotations[key] !== undefined && !/^(runtime\/default|docker\/default|localhost\/.*)$/s.test(annotations[key]),
    )
    .map((key) => `${key}=${JSON.stringify(annotations[key])}`);
  if (bad.length === 0) return undefined;
  const all = sorted(bad);
  return {
    reason: "seccompProfile",
    detail: `forbidden ${plural("annotation", "annotations", all.length)} ${all.join(", ")}`,
  };
}

function findSysctls({ spec }: PodLike, minor: number): Violation | undefined {
  const bad = (spec.securityContext?.sysctls ?? []).filter(({ name }) => !isAllowed(SYSCTLS, name, minor));
  if (bad.length === 0) return undefined;
  return { reason: "forbidden sysctls", detail: bad.map(({ name }) => name).join(", ") };
}

function findHostProcess({ spec }: PodLike): Violation | undefined {
  const containers = containersWith(spec, ({ windowsOptions }) => windowsOptions?.hostProcess === true);
  const who = setters(spec.securityContext?.windowsOptions?.hostProcess === true, containers);
  if (who === undefined) return undefined;
  return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}

function isAllowed(since: Readonly<Record<string, number>>, value: string, minor: number): boolean {
  return Object.hasOwn(since, value) && (since[value] ?? 0) <= minor;
}
