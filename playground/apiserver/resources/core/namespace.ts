/** Namespaces. Kubernetes: pkg/registry/core/namespace/strategy.go */
import type { Namespace } from "kubernetes-types/core/v1";
import { namespaces } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import { dns1123Label, qualifiedName } from "#machinery/names.ts";
import { anyStrategy, type ResourceStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages } from "../validation.ts";

const STANDARD_FINALIZERS = ["kubernetes", "orphan", "foregroundDeletion"];
const NOT_QUALIFIED = "name is neither a standard finalizer name nor is it fully qualified";
const NAME_LABEL = "kubernetes.io/metadata.name";

const strategy: ResourceStrategy<Namespace> = {
  resource: namespaces,
  singular: "namespace",
  shortNames: ["ns"],
  status: true,
  generation: false,
  // No deletecollection: namespaces go one by one.
  verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
  validateName: dns1123Label,
  setDefaults: (namespace) => {
    namespace.metadata ??= {};
    const name = namespace.metadata.name;
    if (name !== undefined && name !== "")
      namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: name };
  },
  prepareForCreate: (namespace) => {
    const name = namespace.metadata?.name;
    if (namespace.metadata !== undefined && name !== undefined) {
      namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: name };
    }
    const finalizers = new Set(["kubernetes", ...(namespace.spec?.finalizers ?? [])]);
    namespace.spec = { ...namespace.spec, finalizers: [...finalizers] };
    Object.assign(namespace, { status: { phase: "Active" } });
  },
  validate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((finalizer) => [
      ...messages("spec.finalizers", finalizer, qualifiedName(finalizer)),
      ...(finalizer.includes("/") || STANDARD_FINALIZERS.includes(finalizer)
        ? []
        : [invalid("spec.finalizers", finalizer, NOT_QUALIFIED)]),
    ]),
  // Spec finalizers change through /finalize alone.
  fixed: ["spec"],
  fieldLabels: { "status.phase": (namespace) => namespace.status?.phase ?? "" },
  table: table<Namespace>([{ name: "Status", value: (namespace) => namespace.status?.phase }, age()]),
};

export const namespaceStrategy = anyStrategy(strategy);
