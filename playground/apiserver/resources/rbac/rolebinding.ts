/** Role bindings. Kubernetes: pkg/registry/rbac/rolebinding */
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import { roleBindings } from "#machinery/builtin.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { table } from "../columns.ts";
import { bindingColumns, setBindingDefaults, validateBinding, validateBindingUpdate } from "./binding.ts";

export const roleBindingStrategy = anyStrategy<RoleBinding>({
  resource: roleBindings,
  singular: "rolebinding",
  validateName: pathSegmentName,
  setDefaults: setBindingDefaults,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  table: table<RoleBinding>(bindingColumns()),
});
