/**
 * Labels that a provider may give its virtual node. A pod is drawn by labels, so those by which a cluster tells its own
 * nodes apart (role, host name, restrictions, Liqo's) are for the cluster itself to set.
 * Kubernetes: https://kubernetes.io/docs/reference/labels-annotations-taints
 */
import { labelValue, qualifiedName } from "#machinery/names.ts";

const RESERVED_DOMAINS = ["kubernetes.io", "k8s.io", "liqo.io"];

/** In the reserved domains, what is true of a machine wherever it stands; undefined: any value. */
const KEPT: Readonly<Record<string, readonly string[] | undefined>> = {
  "failure-domain.beta.kubernetes.io/region": undefined,
  "failure-domain.beta.kubernetes.io/zone": undefined,
  "node.kubernetes.io/instance-type": undefined,
  "beta.kubernetes.io/instance-type": undefined,
  // Which distribution the provider is: upstream's liqoctl sets it.
  "liqo.io/provider": undefined,
  "kubernetes.io/os": ["linux", "windows"],
  "kubernetes.io/arch": ["386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"],
};

const TOPOLOGY = "topology.kubernetes.io/";

export function isAcceptedNodeLabel(key: string, value: string): boolean {
  if (key.length > 317 || qualifiedName(key).length > 0 || labelValue(value).length > 0) return false;
  if (Object.hasOwn(KEPT, key)) return KEPT[key]?.includes(value) ?? true;
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const isReserved = RESERVED_DOMAINS.some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
  return !isReserved || key.startsWith(TOPOLOGY);
}
