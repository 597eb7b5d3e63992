/**
 * CustomResourceDefinitions as a resource: defaults, validation, and establishing, which happens in the same write:
 * a definition that was accepted is served when the client has its answer.
 * Kubernetes: apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go, pkg/controller/{status,establish}
 */
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "#machinery/names.ts";
import { anyStrategy, type ResourceStrategy } from "../strategy.ts";
import {
  CLEANUP_FINALIZER,
  type CrdCondition,
  type CrdNames,
  type CustomResourceDefinition,
  customResourceDefinitions,
} from "./crd.ts";

const strategy: ResourceStrategy<CustomResourceDefinition> = {
  resource: customResourceDefinitions,
  singular: "customresourcedefinition",
  storageVersion: "v1beta1",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  status: true,
  setDefaults(crd) {
    if (crd.spec?.names === undefined) return;
    const { names } = crd.spec;
    names.singular ??= (names.kind ?? "").toLowerCase();
    names.listKind ??= `${names.kind}List`;
    crd.spec.conversion ??= { strategy: "None" };
  },
  prepareForCreate(crd) {
    if (crd.spec?.names === undefined) return;
    crd.metadata = {
      ...crd.metadata,
      finalizers: [...new Set([...(crd.metadata?.finalizers ?? []), CLEANUP_FINALIZER])],
    };
    delete crd.status;
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
  const { names, versions = [] } = crd.spec;
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

function validateCrd(crd: CustomResourceDefinition): FieldError[] {
  const { spec } = crd;
  if (spec?.names === undefined) return [required("spec.names.plural"), required("spec.names.kind")];
  const errors: FieldError[] = [];
  const name = `${spec.names.plural}.${spec.group}`;
  if (crd.metadata?.name !== name) {
    errors.push(invalid("metadata.name", crd.metadata?.name ?? "", `must be spec.names.plural+"."+spec.group`));
  }
  errors.push(...dns1123Subdomain(spec.group ?? "").map((why) => invalid("spec.group", spec.group, why)));
  if (!(spec.group ?? "").includes("."))
    errors.push(invalid("spec.group", spec.group, "should be a domain with at least one dot"));
  if (!["Namespaced", "Cluster"].includes(spec.scope))
    errors.push(notSupported("spec.scope", spec.scope ?? "", ["Cluster", "Namespaced"]));
  errors.push(
    ...dns1035Label(spec.names.plural ?? "").map((why) => invalid("spec.names.plural", spec.names.plural, why)),
  );
  if ((spec.names.kind ?? "") === "") errors.push(required("spec.names.kind"));
  return [...errors, ...validateVersions(crd)];
}

function validateVersions({ spec: { versions = [], conversion } }: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    if (version.schema?.openAPIV3Schema === undefined)
      errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, "schemas are required"));
    else if (version.schema.openAPIV3Schema.type !== "object") {
      errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema.type`, "must not be empty at the root"));
    }
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(
      invalid(
        "spec.versions",
        versions.map(({ name }) => name),
        "must have exactly one version marked as storage version",
      ),
    );
  }
  if (conversion !== undefined && conversion.strategy !== "None") {
    errors.push(notSupported("spec.conversion.strategy", conversion.strategy, ["None"]));
  }
  return errors;
}
