/** CIDRs as kube-controller-manager was told them: a pod where kubeadm or kind made the cluster. Upstream: pkg/liqoctl/install/kubeadm */
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import { CliError } from "../../../errors.ts";

const NAMESPACE = "kube-system";
const LABELS = "component=kube-controller-manager,tier=control-plane";
/** What kubeadm's default, and what upstream takes where the flag is not there. */
const DEFAULTS = { pods: "172.16.0.0/16", services: "10.96.0.0/12" };

export interface ClusterCidrs {
  readonly podCidrs: readonly string[];
  readonly serviceCidr: string;
}

/** Throws a CliError where there is no such pod. */
export async function findClusterCidrs(ctx: Context, client: KubeClient): Promise<ClusterCidrs> {
  const { items } = await client.list(ctx, pods, { namespace: NAMESPACE, labelSelector: LABELS });
  const [pod] = items;
  if (pod === undefined)
    throw new CliError(`no pod of kube-controller-manager was found (${LABELS} in namespace ${NAMESPACE})`, {
      hint: "is the cluster made by kubeadm or kind? If not: `liqoctl install --pod-cidr … --service-cidr …`",
    });
  return cidrsOfFlags(flagsOf(pod));
}

function flagsOf({ spec }: Pod): readonly string[] {
  return (spec?.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args]);
}

export function cidrsOfFlags(flags: readonly string[]): ClusterCidrs {
  const [serviceCidr = DEFAULTS.services] = ipv4(flagValue("--service-cluster-ip-range", flags));
  const podCidrs = ipv4(flagValue("--cluster-cidr", flags));
  return { podCidrs: podCidrs.length === 0 ? [DEFAULTS.pods] : podCidrs, serviceCidr };
}

/** Of `--name=value` or `--name value`; the last one counts, as in Go. */
function flagValue(name: string, flags: readonly string[]): string | undefined {
  const at = flags.findLastIndex((flag) => flag === name || flag.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return flags[at] === name ? flags[at + 1] : flags[at]?.slice(name.length + 1);
}

/** Of a cluster with both families: Liqo works with one. */
function ipv4(text = ""): string[] {
  return text.split(",").filter((cidr) => cidr !== "" && !cidr.includes(":"));
}
