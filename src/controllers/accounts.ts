/**
 * The service accounts, bindings and certificates that controllers write for tenants, gateways and virtual kubelets: whoever
 * writes them watches them, so that one that somebody deletes or changes comes back.
 */
import type { ServiceAccount } from "kubernetes-types/core/v1";
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import * as labels from "#api/labels.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { clusterRoleBindings, roleBindings, secrets, serviceAccounts } from "#machinery/builtin.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "./deps.ts";

const MANAGED = { labelSelector: `${labels.MANAGED}=true` };

interface ManagedAccounts {
  readonly accounts: Informer<ServiceAccount>;
  readonly roleBindings: Informer<RoleBinding>;
  readonly clusterRoleBindings: Informer<ClusterRoleBinding>;
}

/** Those that carry Liqo's label, in all namespaces; anybody may have made them. */
export function managedAccounts({ informers }: Pick<Deps, "informers">): ManagedAccounts {
  return {
    accounts: informers.for(serviceAccounts, MANAGED),
    roleBindings: informers.for(roleBindings, MANAGED),
    clusterRoleBindings: informers.for(clusterRoleBindings, MANAGED),
  };
}

/** `ownersOf` names the keys that a changed account or binding belongs to. */
export function watchAccounts(
  deps: Pick<Deps, "informers">,
  ownersOf: (object: KubeObject) => readonly ObjectKey[],
): Watch[] {
  const managed = managedAccounts(deps);
  return [
    watchMapped(managed.accounts, ownersOf),
    watchMapped(managed.roleBindings, ownersOf),
    watchMapped(managed.clusterRoleBindings, ownersOf),
  ];
}

/** As `watchAccounts` for Secrets. */
export function watchManagedSecrets(
  { informers }: Pick<Deps, "informers">,
  ownersOf: (secret: KubeObject) => readonly ObjectKey[],
): Watch {
  return watchMapped(informers.for(secrets, MANAGED), ownersOf);
}
