/**
 * CustomResourceDefinitions as a resource: defaults, validation, and establishing, which happens in the same write:
 * a definition that was accepted is served when the client has its answer.
 * Kubernetes: apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go, pkg/controller/{status,establish}
 */
import { invalid } from "#machinery/field-error.ts";
import { anyStrategy, type ResourceStrategy } from "../strategy.ts";
import {
  CLEANUP_FINALIZER,
  type CrdCondition,
  type CrdNames,
  type CustomResourceDefinition,
  customResourceDefinitions,
} from "./crd.ts";
import { crdShape } from "./shape.ts";
import { validateCrd } from "./validate.ts";

const strategy: ResourceStrategy<CustomResourceDefinition> = {
  resource: customResourceDefinitions,
  singular: "customresourcedefinition",
  storageVersion: "v1beta1",
  deletionFinalizer: CLEANUP_FINALIZER,
  empty: { spec: { group: "", names: { plural: "", kind: "" }, scope: "", versions: null } },
  shape: crdShape,
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  status: true,
  setDefaults(crd) {
    if (crd.spec?.names === undefined) return;
    const { names } = crd.spec;
    const { kind = "" } = names;
    if (kind !== "") {
      names.singular ??= kind.toLowerCase();
      names.listKind ??= `${kind}List`;
    }
    crd.spec.conversion ??= { strategy: "None" };
  },
  prepareForCreate(crd) {
    if (crd.spec?.names === undefined) return;
    establish(crd);
  },
  prepareForUpdate(next, previous) {
    if (next.spec?.names === undefined) return;
    if (previous.status !== undefined) next.status = structuredClone(previous.status);
    establish(next);
  },
  validate: validateCrd,
  validateUpdate(next, previous) {
    const errors = validateCrd(next);
    if (next.spec.names.plural !== previous.spec.names.plural) {
      errors.push(invalid("spec.names.plural", next.spec.names.plural, "field is immutable"));
    }
    if (next.spec.scope !== previous.spec.scope)
      errors.push(invalid("spec.scope", next.spec.scope, "field is immutable"));
    return errors;
  },
  table: {
    columns: [
      { name: "Name", type: "string", format: "name", description: "Name must be unique within a namespace." },
      {
        name: "Created At",
        type: "date",
        description: "CreationTimestamp is the server time when this object was created.",
      },
    ],
    cells: (crd) => [crd.metadata?.name ?? "", crd.metadata?.creationTimestamp ?? ""],
  },
};

export const crdStrategy = anyStrategy(strategy);

function establish(crd: CustomResourceDefinition): void {
  const { names } = crd.spec;
  const versions = crd.spec.versions ?? [];
  const status = crd.status ?? {};
  const time = crd.metadata?.creationTimestamp ?? "";
  const conditions = status.conditions ?? [];
  const ensure = (condition: Omit<CrdCondition, "lastTransitionTime" | "status">): void => {
    if (conditions.some(({ type }) => type === condition.type)) return;
    conditions.push({ lastTransitionTime: time, status: "True", ...condition });
  };
  ensure({ type: "NamesAccepted", reason: "NoConflicts", message: "no conflicts found" });
  ensure({ type: "Established", reason: "InitialNamesAccepted", message: "the initial names have been accepted" });
  const storage = versions.find((version) => version.storage)?.name;
  const stored = new Set([...(status.storedVersions ?? []), ...(storage === undefined ? [] : [storage])]);
  crd.status = { ...status, conditions, acceptedNames: acceptedNames(names), storedVersions: [...stored] };
}

function acceptedNames(names: CrdNames): CrdNames {
  return structuredClone(names);
}
