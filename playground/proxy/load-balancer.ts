/**
 * Load balancer addresses: which node answers for which address, decided by every node for itself and equally on all.
 * The idea is MetalLB's layer 2 mode.
 */
import { createHash } from "node:crypto";
import type { Node, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Context } from "#base/context.ts";
import { run } from "#base/run.ts";
import { serviceRules } from "./state.ts";

/** Of each node, to its cluster's router. */
const NODE_LINK = "eth0";
const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

export interface LoadBalancerInput {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly Node[];
  readonly nodeName: string;
}

/** The addresses that `nodeName` answers for, sorted. */
export function announcedAddresses(input: LoadBalancerInput): string[] {
  const ready = input.nodes.filter(isCandidate).map((node) => node.metadata?.name ?? "");
  const addresses = input.services.flatMap((service) => {
    const ips = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
    return ips.filter((ip) => electNode(ip, eligible(service, input, ready)) === input.nodeName);
  });
  return [...new Set(addresses)].sort();
}

/** Highest hash wins: a node that comes or goes moves only its own addresses. */
export function electNode(ip: string, nodes: readonly string[]): string | undefined {
  const scored = nodes.map((node) => ({ node, score: createHash("sha256").update(`${node}/${ip}`).digest("hex") }));
  return scored.sort((a, b) => (a.score < b.score ? 1 : -1))[0]?.node;
}

/** With externalTrafficPolicy Local only nodes that have an endpoint. */
function eligible(service: Service, input: LoadBalancerInput, ready: readonly string[]): string[] {
  if (service.spec?.externalTrafficPolicy !== "Local") return [...ready];
  return ready.filter((node) =>
    serviceRules([service], input.slices, node).some((rules) => rules.external !== "drop" && rules.external.length > 0),
  );
}

/** Ready, and not asked to be left out, as virtual nodes do: nothing answers ARP there. Kubernetes: well-known labels. */
function isCandidate({ metadata, status }: Node): boolean {
  const isReady = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
  return isReady && metadata?.labels?.[EXCLUDED] === undefined;
}

/** Makes the node answer for exactly these of all addresses: an address that is local is answered by ARP. */
export async function setAnnounced(ctx: Context, before: ReadonlySet<string>, after: readonly string[]): Promise<void> {
  const added = after.filter((ip) => !before.has(ip));
  const lines = [
    ...added.map((ip) => `route replace local ${ip}/32 dev lo`),
    ...[...before].filter((ip) => !after.includes(ip)).map((ip) => `route delete local ${ip}/32 dev lo`),
  ];
  if (lines.length === 0) return;
  const limits = { timeoutMs: 10_000, signal: ctx.signal };
  await run("ip", ["-force", "-batch", "-"], { input: `${lines.join("\n")}\n`, ...limits });
  // Gratuitous ARP: the router would go on asking the node that had the address before, for half a minute and more.
  await Promise.all(added.map((ip) => run("busybox", ["arping", "-U", "-c", "1", "-I", NODE_LINK, ip], limits)));
}
