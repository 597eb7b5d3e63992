/**
 * Whether a Secret is the kubeconfig of this cluster's control-plane identity at a peer. Its labels say so, but anybody
 * who may create Secrets writes labels: what counts is where it lies and whose it is.
 * Upstream: internal/crdReplicator, which goes by the labels in any namespace
 */
import type { Secret } from "kubernetes-types/core/v1";
import type { Identity } from "#api/authentication/identity.ts";
import { REPLICATOR } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { hasFinalizer } from "#kube/controller/finalizer.ts";
import { controllerOf, type ObjectKey } from "#machinery/meta.ts";

/** Selects the Secrets to ask about. */
export const CONTROL_PLANE_SELECTOR = `${labels.IDENTITY_TYPE}=ControlPlane`;

export interface SecretPlace {
  /** The peer whose tenant namespace the Secret lies in. */
  readonly peer: string | undefined;
  /** The Identity that the Secret names as its controller, if there is one of that name. */
  readonly identity: Identity | undefined;
  /** Whether this Secret, by its uid, was believed before. */
  readonly wasBelieved: boolean;
}

/** Undefined when the Secret is believed. */
export function controlPlaneSecretProblem(secret: Secret, place: SecretPlace): string | undefined {
  const { metadata } = secret;
  const { peer, identity } = place;
  const named = metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  if (peer === undefined || named !== peer)
    return `it is labelled for ${named ?? "no cluster"} and lies in ${peer === undefined ? "no tenant namespace" : `that of ${peer}`}`;
  const owner = controllerOf(secret);
  if (owner?.kind !== "Identity" || !owner.apiVersion.startsWith("authentication.liqo.io/"))
    return "no Identity owns it";
  if (identity === undefined) {
    // Garbage collection takes the Identity first, and the replicas must go before the Secret may.
    const isLeaving = metadata?.deletionTimestamp !== undefined && hasFinalizer(secret, REPLICATOR);
    return place.wasBelieved || isLeaving ? undefined : `Identity ${owner.name} does not exist`;
  }
  if (identity.metadata?.uid !== owner.uid) return `Identity ${owner.name} is another than the one that owned it`;
  if (identity.spec?.type !== "ControlPlane" || identity.spec.clusterID !== peer)
    return `Identity ${owner.name} is not that of the control plane at ${peer}`;
  if (identity.status?.kubeconfigSecretRef?.name !== metadata?.name)
    return `Identity ${owner.name} does not name it as its kubeconfig`;
  return undefined;
}

/** The Identity that would have to own the Secret. */
export function identityKeyOf(secret: Secret): ObjectKey {
  return { namespace: secret.metadata?.namespace ?? "", name: controllerOf(secret)?.name ?? "" };
}
