/** Cluster role bindings. Kubernetes: pkg/registry/rbac/clusterrolebinding */
import type { ClusterRoleBinding } from "kubernetes-types/rbac/v1";
import { clusterRoleBindings } from "#machinery/builtin.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { table } from "../columns.ts";
import { bindingColumns, setBindingDefaults, validateBinding, validateBindingUpdate } from "./binding.ts";

export const clusterRoleBindingStrategy = anyStrategy<ClusterRoleBinding>({
  resource: clusterRoleBindings,
  singular: "clusterrolebinding",
  validateName: pathSegmentName,
  setDefaults: setBindingDefaults,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  table: table<ClusterRoleBinding>(bindingColumns()),
});
