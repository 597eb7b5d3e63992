/**
 * A kubeconfig that came out of a Secret: somebody else wrote it, and who uses it has more rights than who wrote it. Only
 * data that stands in it counts: no files of this machine, no programs, no server that proves nothing. A proxy learns the
 * server's name and proves nothing either: the server behind it does.
 * Kubernetes: client-go/tools/clientcmd honours all of these
 */
import {
  type ClusterConfig,
  configFromKubeconfig,
  KubeconfigError,
  type NamedItem,
  parseKubeconfig,
} from "./config.ts";

/** A kubeconfig with three certificates is a tenth of this. */
const MAX_BYTES = 64 * 1024;

const ALLOWED = {
  cluster: ["server", "certificate-authority-data", "tls-server-name", "proxy-url"],
  user: ["client-certificate-data", "client-key-data", "token"],
} as const;

/** The configuration for the current context. Throws a KubeconfigError that names the field; `origin` is told in it. */
export function inlineConfigFromText(text: string, origin: string): ClusterConfig {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) throw new KubeconfigError(`${origin}: has ${bytes} bytes, allowed are ${MAX_BYTES}`);
  const kubeconfig = parseKubeconfig(text, origin);
  for (const what of ["cluster", "user"] as const) {
    for (const item of kubeconfig[`${what}s`] ?? []) refuseOthers(item, what, origin);
  }
  const config = configFromKubeconfig(kubeconfig, {}, origin);
  if (!config.server.startsWith("https://"))
    throw new KubeconfigError(`${origin}: server "${config.server}" must be an https URL`);
  return config;
}

/** Everything but what is known to be harmless, so that what is invented next is refused, too. */
function refuseOthers(item: NamedItem, what: "cluster" | "user", origin: string): void {
  const allowed: readonly string[] = ALLOWED[what];
  for (const [field, value] of Object.entries(item[what] ?? {})) {
    if (allowed.includes(field) || isUnset(value)) continue;
    throw new KubeconfigError(
      `${origin}: ${what} "${item.name}" has ${field}, which a kubeconfig from a Secret must not have; allowed are ${allowed.join(", ")}`,
    );
  }
}

/** As good as absent: `insecure-skip-tls-verify: false`. */
function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === false;
}
