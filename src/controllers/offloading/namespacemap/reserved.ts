/** Names that no consumer gets for a twin namespace: who deploys into such a one later on would hand over his Secrets. */
import type { Settings } from "../../deps.ts";

/** Whether the name is Liqo's own namespace or matches one of the patterns, in which `*` stands for any characters. */
export function isReserved(name: string, settings: Pick<Settings, "liqoNamespace" | "reservedNamespaces">): boolean {
  return [settings.liqoNamespace, ...settings.reservedNamespaces].some((pattern) => matches(name, pattern));
}

export function reservedMessage(name: string): string {
  return `namespace ${name} is reserved by this cluster (offloading.reservedNamespaces); offload under another remoteNamespaceName`;
}

function matches(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  const last = rest.pop() ?? "";
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
