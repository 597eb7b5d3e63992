/** Validation of pod specs, for pods and for every kind with a pod template. Kubernetes: pkg/apis/core/validation (ValidatePodSpec) */
import type { Container, PodSpec, PodTemplateSpec } from "kubernetes-types/core/v1";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "#machinery/names.ts";
import { messages, validateIp, validateLabels, validateRange } from "../../validation.ts";
import { validateMetadataMaps } from "../fields/metadata.ts";
import { MAX_ID, validateContainer } from "./container.ts";
import { validateAffinity, validateSpreading, validateTolerations } from "./scheduling.ts";
import { validateVolumes } from "./volume.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  if (template?.spec === undefined) return [required(`${path}.spec.containers`)];
  return [
    ...validateMetadataMaps(template.metadata ?? {}, path),
    ...validatePodSpec(template.spec, `${path}.spec`),
    ...refuseEphemeral(template.spec, `${path}.spec`, "ephemeral containers not allowed in pod template"),
  ];
}

export function refuseEphemeral(spec: PodSpec, path: string, why: string): FieldError[] {
  return (spec.ephemeralContainers ?? []).length === 0 ? [] : [forbidden(`${path}.ephemeralContainers`, why)];
}

/** `isPod`: host ports are filled by then; in a template they may be left out. */
export function validatePodSpec(spec: PodSpec, path: string, isPod = false): FieldError[] {
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`);
  return [
    ...volumes.errors,
    ...validateContainers(spec, path, volumes.names),
    ...validateHostPorts(spec, path, isPod),
    ...oneOf(spec.restartPolicy, `${path}.restartPolicy`, RESTART_POLICIES),
    ...oneOf(spec.dnsPolicy, `${path}.dnsPolicy`, DNS_POLICIES),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validateSecurity(spec, `${path}.securityContext`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDns(spec, `${path}.dnsConfig`),
    ...validateSpreading(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`),
    ...validateName(spec.serviceAccountName, `${path}.serviceAccountName`, dns1123Subdomain),
    ...validateName(spec.nodeName, `${path}.nodeName`, dns1123Subdomain),
    ...validateRange(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`, [1, MAX_ID]),
    ...validateName(spec.hostname, `${path}.hostname`, dns1123Label),
    ...validateName(spec.subdomain, `${path}.subdomain`, dns1123Label),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
    ...validateName(spec.priorityClassName, `${path}.priorityClassName`, dns1123Subdomain),
    ...validateName(spec.runtimeClassName, `${path}.runtimeClassName`, dns1123Subdomain),
  ];
}

function oneOf(value: string | undefined, path: string, allowed: readonly string[]): FieldError[] {
  return value === undefined || allowed.includes(value) ? [] : [notSupported(path, value, allowed)];
}

function validateName(value: string | undefined, path: string, problems: (value: string) => string[]): FieldError[] {
  return (value ?? "") === "" ? [] : messages(path, value, problems(value ?? ""));
}

function validateContainers(spec: PodSpec, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const names = new Set<string>();
  const errors = (spec.containers ?? []).length === 0 ? [required(`${path}.containers`)] : [];
  for (const field of ["containers", "initContainers", "ephemeralContainers"] as const) {
    for (const [i, container] of ((spec[field] ?? []) as readonly Container[]).entries()) {
      const at = `${path}.${field}[${i}]`;
      const running = field === "containers" || container.restartPolicy === "Always";
      errors.push(...validateContainer(container, at, { volumes, running }));
      const { name = "" } = container as Partial<Container>;
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
  }
  return errors;
}

function validateHostPorts(spec: PodSpec, path: string, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap(({ ports }, i) =>
    (ports ?? []).flatMap(({ hostPort = 0, containerPort }, j) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [
            invalid(
              `${path}.containers[${i}].ports[${j}].hostPort`,
              hostPort,
              "must match `containerPort` when `hostNetwork` is true",
            ),
          ]
        : [],
    ),
  );
}

function validateSecurity({ securityContext: security }: PodSpec, path: string): FieldError[] {
  return [
    ...(["fsGroup", "runAsUser", "runAsGroup"] as const).flatMap((field) =>
      validateRange(security?.[field], `${path}.${field}`, [0, MAX_ID]),
    ),
    ...(security?.supplementalGroups ?? []).flatMap((group, i) =>
      validateRange(group, `${path}.supplementalGroups[${i}]`, [0, MAX_ID]),
    ),
  ];
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, path: string): FieldError[] {
  if (dnsPolicy === "None" && dnsConfig === undefined)
    return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
  if (dnsPolicy === "None" && (dnsConfig?.nameservers ?? []).length === 0)
    return [required(`${path}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
  return (dnsConfig?.nameservers ?? []).flatMap((address, i) => validateIp(address, `${path}.nameservers[${i}]`));
}
