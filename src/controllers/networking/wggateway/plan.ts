/** What of a gateway's is another's, and which of its pods counts. Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { controllerOf, type KubeObject } from "#machinery/meta.ts";
import { isReady, isTerminating } from "#machinery/pod.ts";

/** Why the Deployment is not this gateway's to write. */
export function rivalOf({ metadata }: KubeObject, deployment: Deployment | undefined): string | undefined {
  const owner = deployment === undefined ? undefined : controllerOf(deployment);
  if (owner === undefined || owner.uid === metadata?.uid) return undefined;
  return `Deployment ${deployment?.metadata?.name} belongs to ${owner.kind} ${owner.name}: two clusters have one tunnel, delete the GatewayServer or the GatewayClient`;
}

/** The running pod of this gateway that is in charge and not on its way out. */
export function activePod(all: readonly Pod[], gateway: string): Pod | undefined {
  const own = all.filter(
    (pod) =>
      pod.metadata?.labels?.[labels.GATEWAY_NAME] === gateway &&
      pod.metadata.labels[labels.GATEWAY_ACTIVE] === "true" &&
      !isTerminating(pod) &&
      (pod.status?.podIP ?? "") !== "",
  );
  return own.find(isReady) ?? own.find(({ status }) => status?.phase === "Running");
}
