/** Whether pods, Services and nodes of the cluster are as the settings say. Upstream: pkg/liqoctl/install/validation.go, pkg/utils/kernel/version */
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { type Cidr, contains, formatCidr, parseIpv4 } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes, pods, services } from "#machinery/builtin.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { CliError } from "../../errors.ts";
import type { Cidrs } from "./settings.ts";

/** WireGuard in the kernel and what nftables is asked for. */
export const MINIMUM_KERNEL = [5, 10, 0] as const;

/** Throws a CliError for the first pod or Service outside of its CIDR. */
export async function checkAddresses(ctx: Context, client: KubeClient, cidrs: Cidrs): Promise<void> {
  const offloaded = { labelSelector: `!${labels.SHADOW_POD}` };
  for await (const { items } of client.pages(ctx, pods, offloaded)) {
    const stray = items.find((pod) => isStrayPod(pod, cidrs.pod));
    if (stray !== undefined)
      throw outside(`pod ${formatKey(keyOf(stray))}`, stray.status?.podIP, "--pod-cidr", cidrs.pod);
  }
  for await (const { items } of client.pages(ctx, services)) {
    const stray = items.find((service) => isStrayService(service, cidrs.service));
    if (stray !== undefined)
      throw outside(`Service ${formatKey(keyOf(stray))}`, stray.spec?.clusterIP, "--service-cidr", cidrs.service);
  }
}

function outside(what: string, address: string | undefined, flag: string, cidr: Cidr): CliError {
  return new CliError(`${flag} ${formatCidr(cidr)}: ${what} has the address ${address}, which is outside`, {
    hint: `give the CIDR that the cluster was made with, or skip this look at it by --skip-validation`,
  });
}

/** What has ended keeps an address that may be of another time. */
export function isStrayPod(pod: Pod, cidr: Cidr): boolean {
  return pod.spec?.hostNetwork !== true && !isTerminal(pod) && isOutside(pod.status?.podIP, cidr);
}

export function isStrayService({ spec }: Service, cidr: Cidr): boolean {
  return spec?.clusterIP !== "None" && isOutside(spec?.clusterIP, cidr);
}

/** What is no IPv4 address is none of Liqo's business. */
function isOutside(text: string | undefined, cidr: Cidr): boolean {
  const address = parseIpv4(text ?? "");
  return address !== undefined && !contains(cidr, address);
}

/** Throws a CliError for the nodes whose kernel is too old. */
export async function checkKernels(ctx: Context, client: KubeClient): Promise<void> {
  const { items } = await client.list(ctx, nodes);
  const old = items.filter(isOldKernel);
  if (old.length === 0) return;
  const list = old.map(({ metadata, status }) => `${metadata?.name} (${status?.nodeInfo?.kernelVersion})`);
  throw new CliError(`the kernel of these nodes is older than ${MINIMUM_KERNEL.join(".")}: ${list.join(", ")}`, {
    hint: "upgrade them, or skip this check by --disable-kernel-version-check",
  });
}

/** A virtual node has none, and what cannot be read is not judged. */
export function isOldKernel(node: Node): boolean {
  if (isVirtualNode(node)) return false;
  const version = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(node.status?.nodeInfo?.kernelVersion ?? "");
  if (version === null) return false;
  const parts = MINIMUM_KERNEL.map((_, i) => Number(version[i + 1] ?? 0));
  const at = parts.findIndex((part, i) => part !== MINIMUM_KERNEL[i]);
  return at >= 0 && (parts[at] ?? 0) < (MINIMUM_KERNEL[at] ?? 0);
}
