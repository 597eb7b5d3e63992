/** Whether a Deployment has become what its specification says. Kubernetes: kubectl/pkg/polymorphichelpers/rollout_status.go */
import type { Deployment } from "kubernetes-types/apps/v1";

/** As `kubectl rollout status`: the pods of an earlier template do not count, and have gone. */
export function isRolledOut(deployment: Deployment | undefined): boolean {
  const { metadata, spec, status } = deployment ?? {};
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  return (
    deployment !== undefined &&
    observedGeneration >= (metadata?.generation ?? 0) &&
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas
  );
}
