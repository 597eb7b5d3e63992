/** One container of a pod. Kubernetes: pkg/apis/core/validation (validateContainerCommon) */
import type { Container, EnvVar, EnvVarSource, SecurityContext } from "kubernetes-types/core/v1";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain, portName, qualifiedName } from "#machinery/names.ts";
import { milliOf } from "#machinery/quantity.ts";
import { messages, PROTOCOLS, validatePort, validateRange } from "../../validation.ts";
import { validateConfigKey } from "../fields/config-key.ts";
import { validateContainerResource } from "../fields/resource-name.ts";
import { PROBES, validateLifecycle, validateProbes } from "./probe.ts";

export const MAX_ID = 2 ** 31 - 1;
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const ENV_NAME = /^[ -<>-~]+$/;
const ENV_NAME_MESSAGE =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";
const ENV_SOURCES = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
/** What a field reference may name at all, and what of it a variable may be given. */
const POD_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

/** `running`: it stays beside the others, and so may have probes and hooks: an init container only when it is a sidecar. */
export function validateContainer(
  container: Container,
  path: string,
  { volumes, running }: { readonly volumes: ReadonlySet<string>; readonly running: boolean },
): FieldError[] {
  const errors = messages(`${path}.name`, container.name, dns1123Label(container.name ?? ""));
  return [
    ...((container.name ?? "") === "" ? [required(`${path}.name`)] : errors),
    ...((container.image ?? "") === "" ? [required(`${path}.image`)] : []),
    ...validatePorts(container, path),
    ...(container.env ?? []).flatMap((variable, i) => validateEnv(variable, `${path}.env[${i}]`)),
    ...validateMounts(container, path, volumes),
    ...oneOf(container.imagePullPolicy, `${path}.imagePullPolicy`, PULL_POLICIES),
    ...validateResources(container, path),
    ...validateSecurity(container.securityContext, `${path}.securityContext`),
    ...(running
      ? [...validateLifecycle(container, path), ...validateProbes(container, path)]
      : refuseHooks(container, path)),
  ];
}

function oneOf(value: string | undefined, path: string, allowed: readonly string[]): FieldError[] {
  return value === undefined || allowed.includes(value) ? [] : [notSupported(path, value, allowed)];
}

function refuseHooks(container: Container, path: string): FieldError[] {
  return (["lifecycle", ...PROBES] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(`${path}.${field}`, "may not be set for init containers without restartPolicy=Always"));
}

function validatePorts(container: Container, path: string): FieldError[] {
  const names = new Set<string>();
  return (container.ports ?? []).flatMap(({ name = "", containerPort = 0, hostPort = 0, protocol }, i) => {
    const at = `${path}.ports[${i}]`;
    const errors = name === "" ? [] : messages(`${at}.name`, name, portName(name));
    if (name !== "" && errors.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (containerPort === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...validatePort(containerPort, `${at}.containerPort`));
    if (hostPort !== 0) errors.push(...validatePort(hostPort, `${at}.hostPort`));
    return [...errors, ...oneOf(protocol, `${at}.protocol`, PROTOCOLS)];
  });
}

function validateEnv({ name = "", value = "", valueFrom }: EnvVar, at: string): FieldError[] {
  const errors = name === "" ? [required(`${at}.name`)] : [];
  if (name !== "" && !ENV_NAME.test(name)) errors.push(invalid(`${at}.name`, name, ENV_NAME_MESSAGE));
  if (valueFrom === undefined) return errors;
  const source = `${at}.valueFrom`;
  const sources = Object.values(valueFrom).filter((one) => one !== undefined).length;
  errors.push(...validateEnvSource(valueFrom, source));
  if (sources === 0) errors.push(invalid(source, "", ENV_SOURCES));
  else if (value !== "") errors.push(invalid(source, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(invalid(source, "", "may not have more than one field specified at a time"));
  return errors;
}

function validateEnvSource({ fieldRef, configMapKeyRef, secretKeyRef }: EnvVarSource, path: string): FieldError[] {
  return [
    ...(fieldRef === undefined ? [] : validateFieldPath(fieldRef.fieldPath, `${path}.fieldRef`)),
    ...Object.entries({ configMapKeyRef, secretKeyRef }).flatMap(([field, ref]) => {
      if (ref === undefined) return [];
      const { name = "", key = "" } = ref;
      return [
        ...messages(`${path}.${field}.name`, name, dns1123Subdomain(name)),
        ...(key === "" ? [required(`${path}.${field}.key`)] : validateConfigKey(key, `${path}.${field}.key`)),
      ];
    }),
  ];
}

function validateFieldPath(fieldPath: string | undefined, at: string): FieldError[] {
  const field = `${at}.fieldPath`;
  if ((fieldPath ?? "") === "") return [required(field)];
  const [, path = "", key] = /^([^[]+)\['(.*)'\]$/.exec(fieldPath ?? "") ?? [undefined, fieldPath];
  if (key === undefined) {
    if (!POD_FIELDS.includes(path))
      return [invalid(field, path, `error converting fieldPath: field label not supported: ${path}`)];
    return ENV_FIELDS.includes(path) ? [] : [notSupported(field, path, ENV_FIELDS)];
  }
  if (path === "metadata.annotations") return messages(at, key.toLowerCase(), qualifiedName(key.toLowerCase()));
  if (path === "metadata.labels") return messages(at, key, qualifiedName(key));
  const why = `error converting fieldPath: field label does not support subscript: ${fieldPath}`;
  return [invalid(field, fieldPath, why)];
}

function validateMounts(container: Container, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const taken = new Set<string>();
  return (container.volumeMounts ?? []).flatMap(({ name = "", mountPath = "", subPath = "" }, i) => {
    const at = `${path}.volumeMounts[${i}]`;
    const errors: FieldError[] = name === "" ? [required(`${at}.name`)] : [];
    if (!volumes.has(name)) {
      const message = `Not found: ${JSON.stringify(name)}`;
      errors.push({ reason: "FieldValueNotFound", field: `${at}.name`, message });
    }
    if (mountPath === "") errors.push(required(`${at}.mountPath`));
    if (taken.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, "must be unique"));
    taken.add(mountPath);
    // As upstream without the index.
    if (subPath.startsWith("/"))
      errors.push(invalid(`${path}.volumeMounts.subPath`, subPath, "must be a relative path"));
    if (subPath.split("/").includes(".."))
      errors.push(invalid(`${path}.volumeMounts.subPath`, subPath, "must not contain '..'"));
    return errors;
  });
}

function validateResources(container: Container, path: string): FieldError[] {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const check = (list: Readonly<Record<string, string>>, field: string): FieldError[] =>
    Object.entries(list).flatMap(([name, amount]) =>
      validateContainerResource(name, amount, `${path}.resources.${field}[${name}]`),
    );
  const errors = check(limits, "limits");
  for (const [name, request] of Object.entries(requests)) {
    errors.push(...check({ [name]: request }, "requests"));
    const limit = limits[name];
    if (limit !== undefined && milliOf(request) > milliOf(limit)) {
      const why = `must be less than or equal to ${name} limit of ${limit}`;
      errors.push(invalid(`${path}.resources.requests`, request, why));
    }
  }
  return errors;
}

function validateSecurity(security: SecurityContext | undefined, path: string): FieldError[] {
  const errors = (["runAsUser", "runAsGroup"] as const).flatMap((field) =>
    validateRange(security?.[field], `${path}.${field}`, [0, MAX_ID]),
  );
  if (security?.allowPrivilegeEscalation === false && security.privileged === true) {
    const why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    errors.push(invalid(path, security, why));
  }
  return errors;
}
