/**
 * Defaults and validation of pod specs, for pods and for every kind with a pod template.
 * Kubernetes: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation/validation.go
 */
import type { Container, PodSpec, PodTemplateSpec, Probe, Volume } from "kubernetes-types/core/v1";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain, envVarName, portName, portNumber } from "#machinery/names.ts";
import { milliOf, parseQuantityMilli } from "#machinery/quantity.ts";
import { validateMetadataMaps } from "./metadata.ts";

/** Of pods alone: in a template these stay unset. Kubernetes: SetDefaults_Pod */
export function setPodDefaults(spec: PodSpec): void {
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  // A pod without containers is refused later, by validation.
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) defaultRequests(container);
}

export function setPodSpecDefaults(spec: PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.dnsPolicy ??= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  if (spec.serviceAccountName !== undefined && spec.serviceAccountName !== "")
    spec.serviceAccount ??= spec.serviceAccountName;
  else if (spec.serviceAccount !== undefined && spec.serviceAccount !== "")
    spec.serviceAccountName = spec.serviceAccount;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    setContainerDefaults(container, spec);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container, spec);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

function setContainerDefaults(container: Container, spec: PodSpec): void {
  container.imagePullPolicy ??= isLatest(container.image) ? "Always" : "IfNotPresent";
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.resources ??= {};
  for (const port of container.ports ?? []) {
    port.protocol ??= "TCP";
    if (spec.hostNetwork === true) port.hostPort ??= port.containerPort;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    setProbeDefaults(probe);
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= "v1";
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= "0";
  }
}

/** A limit without a request is the request. */
function defaultRequests(container: Container): void {
  const { limits, requests } = container.resources ?? {};
  if (limits === undefined || container.resources === undefined) return;
  const added = Object.entries(limits).filter(([name]) => requests?.[name] === undefined);
  if (added.length > 0) container.resources.requests = { ...requests, ...Object.fromEntries(added) };
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.httpGet !== undefined) {
    probe.httpGet.path ??= "/";
    probe.httpGet.scheme ??= "HTTP";
  }
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

function setVolumeDefaults(volume: Volume): void {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  if (sources.length === 0) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= 0o644;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= 0o644;
  if (volume.downwardAPI !== undefined) volume.downwardAPI.defaultMode ??= 0o644;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= 0o644;
    for (const { serviceAccountToken, downwardAPI } of volume.projected.sources ?? []) {
      if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
      for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef !== undefined) fieldRef.apiVersion ??= "v1";
    }
  }
}

function isLatest(image: string | undefined): boolean {
  if (image === undefined || image.includes("@")) return false;
  const last = image.slice(image.lastIndexOf("/") + 1);
  return !last.includes(":") || last.endsWith(":latest");
}

export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  if (template?.spec === undefined) return [required(`${path}.spec.containers`)];
  return [
    ...validateMetadataMaps(template.metadata ?? {}, `${path}.metadata`),
    ...validatePodSpec(template.spec, `${path}.spec`),
  ];
}

export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const errors: FieldError[] = [];
  if (!Array.isArray(spec.containers) || spec.containers.length === 0) errors.push(required(`${path}.containers`));
  errors.push(...validateVolumes(spec.volumes ?? [], `${path}.volumes`));
  const names = new Set<string>();
  for (const field of ["containers", "initContainers"] as const) {
    for (const [i, container] of (spec[field] ?? []).entries()) {
      const at = `${path}.${field}[${i}]`;
      errors.push(...validateContainer(container, at, volumes));
      if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      names.add(container.name);
    }
  }
  return [...errors, ...validatePodFields(spec, path)];
}

function validatePodFields(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const oneOf = (field: keyof PodSpec, allowed: readonly string[]): void => {
    const value = spec[field];
    if (typeof value === "string" && !allowed.includes(value))
      errors.push(notSupported(`${path}.${field}`, value, allowed));
  };
  oneOf("restartPolicy", ["Always", "OnFailure", "Never"]);
  oneOf("dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    errors.push(
      invalid(
        `${path}.terminationGracePeriodSeconds`,
        spec.terminationGracePeriodSeconds,
        "must be greater than or equal to 0",
      ),
    );
  }
  if (spec.serviceAccountName !== undefined && spec.serviceAccountName !== "") {
    errors.push(
      ...messages(`${path}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain(spec.serviceAccountName)),
    );
  }
  if (spec.hostname !== undefined && spec.hostname !== "") {
    errors.push(...messages(`${path}.hostname`, spec.hostname, dns1123Label(spec.hostname)));
  }
  for (const [i, toleration] of (spec.tolerations ?? []).entries()) {
    const at = `${path}.tolerations[${i}]`;
    const { operator = "Equal", key = "", value = "", effect = "" } = toleration;
    if (!["Equal", "Exists"].includes(operator))
      errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
    if (key === "" && operator !== "Exists") {
      errors.push(
        invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === "Exists" && value !== "")
      errors.push(invalid(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
    const effects = ["", "NoSchedule", "PreferNoSchedule", "NoExecute"];
    if (!effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects.slice(1)));
  }
  return errors;
}

function validateContainer(container: Container, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (container.name === undefined || container.name === "") errors.push(required(`${path}.name`));
  else errors.push(...messages(`${path}.name`, container.name, dns1123Label(container.name)));
  if (container.image === undefined || container.image === "") errors.push(required(`${path}.image`));
  else if (container.image.trim() !== container.image) {
    errors.push(invalid(`${path}.image`, container.image, "must not have leading or trailing whitespace"));
  }
  if (!["Always", "IfNotPresent", "Never"].includes(container.imagePullPolicy ?? "Always")) {
    errors.push(
      notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]),
    );
  }
  errors.push(
    ...validatePorts(container, path),
    ...validateEnv(container, path),
    ...validateResources(container, path),
  );
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${i}]`;
    if (mount.mountPath === undefined || mount.mountPath === "") errors.push(required(`${at}.mountPath`));
    if (!volumes.has(mount.name))
      errors.push({
        reason: "FieldValueNotFound",
        field: `${at}.name`,
        message: `Not found: ${JSON.stringify(mount.name)}`,
      });
  }
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    errors.push(...validateProbe(container[field], `${path}.${field}`, field !== "readinessProbe"));
  }
  return errors;
}

function validatePorts(container: Container, path: string): FieldError[] {
  const names = new Set<string>();
  return (container.ports ?? []).flatMap((port, i) => {
    const at = `${path}.ports[${i}]`;
    const errors: FieldError[] = [];
    if (port.name !== undefined && port.name !== "") {
      errors.push(...messages(`${at}.name`, port.name, portName(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort === undefined || port.containerPort === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...messages(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    if (!["TCP", "UDP", "SCTP"].includes(port.protocol ?? "TCP")) {
      errors.push(notSupported(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]));
    }
    return errors;
  });
}

function validateEnv(container: Container, path: string): FieldError[] {
  return (container.env ?? []).flatMap((variable, i) => {
    const at = `${path}.env[${i}]`;
    if (variable.name === undefined || variable.name === "") return [required(`${at}.name`)];
    const errors = messages(`${at}.name`, variable.name, envVarName(variable.name));
    if (variable.valueFrom !== undefined && variable.value !== undefined && variable.value !== "") {
      errors.push(invalid(`${at}.valueFrom`, "", "may not be specified when `value` is not empty"));
    }
    return errors;
  });
}

function validateResources(container: Container, path: string): FieldError[] {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const errors: FieldError[] = [];
  for (const [field, list] of [
    ["limits", limits],
    ["requests", requests],
  ] as const) {
    for (const [name, text] of Object.entries(list)) {
      const at = `${path}.resources.${field}[${name}]`;
      const milli = parseQuantityMilli(text);
      if (milli === undefined)
        errors.push(
          invalid(
            at,
            text,
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
          ),
        );
      else if (milli < 0n) errors.push(invalid(at, text, "must be greater than or equal to 0"));
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit !== undefined && milliOf(request) > milliOf(limit)) {
      errors.push(
        invalid(`${path}.resources.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
      );
    }
  }
  return errors;
}

function validateProbe(probe: Probe | undefined, path: string, oneSuccess: boolean): FieldError[] {
  if (probe === undefined) return [];
  const errors: FieldError[] = [];
  const handlers = [probe.exec, probe.httpGet, probe.tcpSocket, probe.grpc].filter((handler) => handler !== undefined);
  if (handlers.length === 0) errors.push(required(path, "must specify a handler type"));
  if (handlers.length > 1) errors.push(forbidden(path, "may not specify more than 1 handler type"));
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    if ((probe[field] ?? 0) < 0)
      errors.push(invalid(`${path}.${field}`, probe[field], "must be greater than or equal to 0"));
  }
  if (oneSuccess && (probe.successThreshold ?? 1) !== 1)
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  return errors;
}

function validateVolumes(volumes: readonly Volume[], path: string): FieldError[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, i) => {
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (volume.name === undefined || volume.name === "") errors.push(required(`${at}.name`));
    else errors.push(...messages(`${at}.name`, volume.name, dns1123Label(volume.name)));
    if (names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    names.add(volume.name);
    const sources = Object.keys(volume).filter((field) => field !== "name");
    if (sources.length > 1) errors.push(forbidden(`${at}.${sources[1]}`, "may not specify more than 1 volume type"));
    if (volume.hostPath !== undefined && (volume.hostPath.path ?? "") === "")
      errors.push(required(`${at}.hostPath.path`));
    return errors;
  });
}

/** One FieldError of reason Invalid per message. */
export function messages(field: string, value: unknown, problems: readonly string[]): FieldError[] {
  return problems.map((problem) => invalid(field, value, problem));
}
