/** The programs of genuine Kubernetes: those that `make kubernetes` has put into .tools/kubernetes, or the user's own. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Built from tools/kubernetes. */
export const KUBERNETES_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
] as const;
export type KubernetesProgram = (typeof KUBERNETES_PROGRAMS)[number];

/** Packages of the distribution. */
const MACHINE_PROGRAMS = ["containerd", "containerd-shim-runc-v2", "ctr", "runc", "nsenter", "ip", "nft", "conntrack"];
const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin"];
const CNI_PLUGINS = ["bridge", "host-local", "loopback"];
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export interface Binaries {
  readonly kubernetes: Readonly<Record<KubernetesProgram, string>>;
  readonly containerd: string;
  readonly cniFolder: string;
}

/** Throws when something is missing, naming all of it. */
export function findBinaries(project: string, env: Readonly<Record<string, string | undefined>>): Binaries {
  if (process.getuid?.() !== 0)
    throw new Error("engine kubernetes: needs root, it makes network namespaces and mounts");
  const path = (env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  const own = [join(project, ".tools/kubernetes")];
  const kubernetesFolders = [...(env["LIQO_KUBERNETES_BIN"]?.split(":") ?? []), ...own, ...path];
  const found = KUBERNETES_PROGRAMS.map((name) => [name, findIn(kubernetesFolders, name)] as const);
  const machine = new Map(MACHINE_PROGRAMS.map((name) => [name, findIn([...path, ...SYSTEM_FOLDERS], name)]));
  const cniFolder = CNI_FOLDERS.find((folder) => CNI_PLUGINS.every((name) => existsSync(join(folder, name))));
  const missing = [...found, ...machine].filter(([, file]) => file === undefined).map(([name]) => name);
  if (cniFolder === undefined) missing.push(`CNI plugins (in ${CNI_FOLDERS.join(" or ")})`);
  const containerd = machine.get("containerd");
  if (missing.length > 0 || containerd === undefined || cniFolder === undefined)
    throw new Error(`engine kubernetes: missing: ${missing.join(", ")}; run \`make kubernetes\``);
  return { kubernetes: Object.fromEntries(found) as Record<KubernetesProgram, string>, containerd, cniFolder };
}

function findIn(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
