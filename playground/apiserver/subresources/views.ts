/**
 * Subresources that write one part of the stored object: certificate approval, namespace finalizers, debug containers,
 * resources of running containers.
 * Kubernetes: pkg/registry/{certificates/certificates,core/namespace,core/pod}/strategy.go
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Container, EphemeralContainer, Namespace, Pod } from "kubernetes-types/core/v1";
import { type FieldError, forbidden } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { ViewConnector } from "../connector.ts";
import { validatePodSpec } from "../resources/core/pod-spec/validate.ts";

export const approval: ViewConnector = {
  form: "view",
  group: "certificates.k8s.io",
  version: "v1",
  plural: "certificatesigningrequests",
  subresource: "approval",
  verbs: ["get", "patch", "update"],
  kind: { group: "certificates.k8s.io", version: "v1", kind: "CertificateSigningRequest" },
  prepareForUpdate(next, previous) {
    const old = previous as CertificateSigningRequest;
    const wanted = (next as CertificateSigningRequest).status?.conditions ?? [];
    const kept = (old.status?.conditions ?? []).filter(({ type }) => type !== "Approved" && type !== "Denied");
    const decided = wanted.filter(({ type }) => type === "Approved" || type === "Denied");
    const conditions = [...kept, ...decided];
    restore(next, previous, ["spec"]);
    Object.assign(next, { status: { ...old.status, ...(conditions.length > 0 && { conditions }) } });
  },
  validateUpdate(next) {
    const types = ((next as CertificateSigningRequest).status?.conditions ?? []).map(({ type }) => type);
    const both = types.includes("Approved") && types.includes("Denied");
    return both ? [forbidden("status.conditions", "Approved and Denied conditions are mutually exclusive")] : [];
  },
};

export const finalize: ViewConnector = {
  form: "view",
  group: "",
  version: "v1",
  plural: "namespaces",
  subresource: "finalize",
  verbs: ["update"],
  kind: { group: "", version: "v1", kind: "Namespace" },
  prepareForUpdate(next, previous) {
    const { finalizers = [] } = (next as Namespace).spec ?? {};
    restore(next, previous, ["status"]);
    const { finalizers: _before, ...spec } = (previous as Namespace).spec ?? {};
    Object.assign(next, { spec: { ...spec, ...(finalizers.length > 0 && { finalizers }) } });
  },
};

export const ephemeralContainers: ViewConnector = {
  form: "view",
  group: "",
  version: "v1",
  plural: "pods",
  subresource: "ephemeralcontainers",
  verbs: ["get", "patch", "update"],
  kind: { group: "", version: "v1", kind: "Pod" },
  prepareForUpdate(next, previous) {
    const { ephemeralContainers: added = [] } = (next as Pod).spec ?? {};
    restore(next, previous, ["status"]);
    const wanted = added.map((container) => ({ ...EPHEMERAL_DEFAULTS, ...container }));
    Object.assign(next, { spec: { ...structuredClone((previous as Pod).spec), ephemeralContainers: wanted } });
  },
  validateUpdate: validateEphemeral,
};

export const resize: ViewConnector = {
  form: "view",
  group: "",
  version: "v1",
  plural: "pods",
  subresource: "resize",
  verbs: ["get", "patch", "update"],
  kind: { group: "", version: "v1", kind: "Pod" },
  prepareForUpdate(next, previous) {
    const wanted = new Map(((next as Pod).spec?.containers ?? []).map((container) => [container.name, container]));
    const spec = structuredClone((previous as Pod).spec);
    restore(next, previous, ["status"]);
    const containers = (spec?.containers ?? []).map((container) => resized(container, wanted.get(container.name)));
    Object.assign(next, { spec: { ...spec, containers } });
  },
};

const EPHEMERAL_DEFAULTS = {
  imagePullPolicy: "IfNotPresent",
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};

function validateEphemeral(next: KubeObject, previous: KubeObject): FieldError[] {
  const before = (previous as Pod).spec?.ephemeralContainers ?? [];
  const after = new Map(
    ((next as Pod).spec?.ephemeralContainers ?? []).map((container) => [container.name, container]),
  );
  const { spec } = next as Pod;
  const errors = spec === undefined ? [] : validatePodSpec(spec, "spec", true);
  for (const container of before) {
    const now = after.get(container.name);
    if (isSame(container, now)) continue;
    const fate = now === undefined ? "removed" : "changed";
    const why = `existing ephemeral containers ${JSON.stringify(container.name)} may not be ${fate}`;
    errors.push(forbidden("spec.ephemeralContainers", why));
  }
  return errors;
}

function isSame(a: EphemeralContainer, b: EphemeralContainer | undefined): boolean {
  return b !== undefined && a.image === b.image && JSON.stringify(a.command) === JSON.stringify(b.command);
}

function resized(container: Container, wanted: Container | undefined): Container {
  const { resources } = wanted ?? container;
  return { ...container, ...(resources !== undefined && { resources: structuredClone(resources) }) };
}

/** Whatever the view does not show stays as it is. */
function restore(next: KubeObject, previous: KubeObject, fields: readonly string[]): void {
  const old = previous as Record<string, unknown>;
  const target = next as Record<string, unknown>;
  for (const field of fields) {
    if (old[field] === undefined) delete target[field];
    else target[field] = structuredClone(old[field]);
  }
}
