/** Defaults of pod specs, for pods and for every kind with a pod template. Kubernetes: pkg/apis/core/v1/{defaults,conversion}.go */
import type { Container, DownwardAPIVolumeFile, HTTPGetAction, PodSpec, Probe, Volume } from "kubernetes-types/core/v1";

/** Of pods alone: in a template these stay unset. Kubernetes: SetDefaults_Pod */
export function setPodDefaults(spec: PodSpec): void {
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  // A pod without containers is refused later, by validation.
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) defaultRequests(container);
}

export function setPodSpecDefaults(spec: PodSpec): void {
  spec.restartPolicy ||= "Always";
  spec.dnsPolicy ||= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  spec.schedulerName ||= "default-scheduler";
  spec.securityContext ??= {};
  if (spec.serviceAccountName !== undefined && spec.serviceAccountName !== "")
    spec.serviceAccount ??= spec.serviceAccountName;
  else if (spec.serviceAccount !== undefined && spec.serviceAccount !== "")
    spec.serviceAccountName = spec.serviceAccount;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    setContainerDefaults(container, spec);
  // Nothing but sidecars may have a policy of their own.
  for (const container of spec.initContainers ?? [])
    if (container.restartPolicy !== undefined && container.restartPolicy !== "Always") delete container.restartPolicy;
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container, spec);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

function setContainerDefaults(container: Container, spec: PodSpec): void {
  container.imagePullPolicy ||= isLatest(container.image) ? "Always" : "IfNotPresent";
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.resources ??= {};
  for (const port of container.ports ?? []) {
    port.protocol ||= "TCP";
    if (spec.hostNetwork === true) port.hostPort ??= port.containerPort;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    setProbeDefaults(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    setHttpGetDefaults(handler?.httpGet);
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= "v1";
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
  setHttpGetDefaults(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

function setHttpGetDefaults(action: HTTPGetAction | undefined): void {
  if (action === undefined) return;
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

function setVolumeDefaults(volume: Volume): void {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  if (sources.length === 0) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= 0o644;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= 0o644;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= 0o644;
    setFileDefaults(volume.downwardAPI.items);
  }
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= 0o644;
    for (const { serviceAccountToken, downwardAPI } of volume.projected.sources ?? []) {
      if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
      setFileDefaults(downwardAPI?.items);
    }
  }
}

function setFileDefaults(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef } of files ?? []) if (fieldRef !== undefined) fieldRef.apiVersion ||= "v1";
}

function isLatest(image: string | undefined): boolean {
  if (image === undefined || image.includes("@")) return false;
  const last = image.slice(image.lastIndexOf("/") + 1);
  return !last.includes(":") || last.endsWith(":latest");
}
