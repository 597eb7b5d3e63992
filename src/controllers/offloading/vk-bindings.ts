/** The RoleBindings of virtual kubelets, in all namespaces: whoever grants, takes away or repairs them looks here. */
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import * as labels from "#api/labels.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { roleBindings } from "#machinery/builtin.ts";

export function vkBindings(informers: Informers): Informer<RoleBinding> {
  return informers.for(roleBindings, { labelSelector: labels.VIRTUAL_NODE });
}
