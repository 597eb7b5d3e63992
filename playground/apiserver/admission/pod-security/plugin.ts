/**
 * Pod Security admission: refuses pods that violate the level which their namespace enforces, and warns of them and of
 * pod templates. Nothing is exempt. Kubernetes: pod-security-admission/admission/admission.go
 */

import type { Container, EphemeralContainer, Namespace, Pod, PodSpec, PodTemplateSpec } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { namespaces, pods } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { failure, forbiddenError, invalidObject } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../../request.ts";
import type { PodLike } from "./check.ts";
import { existingPodWarnings, formatViolations, violations } from "./evaluate.ts";
import { compareLevels, formatLevel, type LevelVersion, policyOf } from "./policy.ts";

/** Of pods, whatever else changes them is looked at. */
const IGNORED_SUBRESOURCES = ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"];
const TEMPLATES = [
  "/replicationcontrollers",
  "/podtemplates",
  "apps/replicasets",
  "apps/deployments",
  "apps/statefulsets",
  "apps/daemonsets",
  "batch/jobs",
  "batch/cronjobs",
];
const ANNOTATION = "pod-security.kubernetes.io/";
// Kubernetes: defaultNamespacePodCheckTimeout
const CHECK_MS = 1_000;

export function podSecurity(reader: ObjectReader, clock: Clock): AdmissionPlugin {
  return {
    name: "PodSecurity",
    handles: ({ operation }) => operation === "CREATE" || operation === "UPDATE",
    async validate(_ctx, request) {
      const { resource, subresource } = request;
      const kind = `${resource.group}/${resource.plural}`;
      if (kind === "/pods" && !IGNORED_SUBRESOURCES.includes(subresource)) validatePod(reader, request);
      else if (subresource !== "") return;
      else if (kind === "/namespaces") validateNamespace(reader, clock, request);
      else if (TEMPLATES.includes(kind)) validateTemplate(reader, request);
    },
  };
}

function validateNamespace(
  reader: ObjectReader,
  clock: Clock,
  { object, oldObject, resource, name, warnings }: AdmissionRequest,
): void {
  const { policy, errors } = policyOf((object as Namespace).metadata?.labels);
  const before = oldObject === undefined ? undefined : policyOf((oldObject as Namespace).metadata?.labels);
  const isNew = JSON.stringify(errors) !== JSON.stringify(before?.errors ?? []);
  if (errors.length > 0 && isNew) throw invalidObject(resource, name, errors);
  if (before === undefined) return;
  const { enforce } = policy;
  const old = before.policy.enforce;
  if (enforce.level === "privileged") return;
  if (enforce.version === old.version && compareLevels(enforce.level, old.level) <= 0) return;
  const deadline = clock.nowMs() + CHECK_MS;
  const there = reader.list(pods, name);
  warnings.push(...existingPodWarnings({ namespace: name, enforce }, there, () => clock.nowMs() > deadline));
}

function validatePod(reader: ObjectReader, request: AdmissionRequest): void {
  const { object, oldObject, resource, name, namespace, annotate } = request;
  const { metadata, spec } = object as Pod;
  const asked = policyFor(reader, namespace);
  const { enforce } = asked.policy;
  if (spec === undefined) return;
  if (!isQuiet(asked) || enforce.level !== "privileged") {
    if (oldObject !== undefined && !isSignificant(spec, (oldObject as Pod).spec)) return;
  }
  annotate?.(`${ANNOTATION}enforce-policy`, formatLevel(enforce));
  const found = violations(enforce, { metadata, spec });
  warnAndAudit(request, asked, { pod: { metadata, spec }, isRefused: found.length > 0 });
  if (found.length === 0) return;
  throw forbiddenError(resource, name, `violates PodSecurity "${formatLevel(enforce)}": ${formatViolations(found)}`);
}

function validateTemplate(reader: ObjectReader, request: AdmissionRequest): void {
  const { metadata, spec } = templateOf(request.object as KubeObject) ?? {};
  if (spec === undefined) return;
  warnAndAudit(request, policyFor(reader, request.namespace), { pod: { metadata, spec }, isRefused: false });
}

/** Who is refused needs no warning besides. */
function warnAndAudit(
  { warnings, annotate }: AdmissionRequest,
  { policy, errors }: AskedPolicy,
  { pod, isRefused }: { readonly pod: PodLike; readonly isRefused: boolean },
): void {
  const would = (level: LevelVersion): string | undefined => {
    const found = violations(level, pod);
    if (found.length === 0) return undefined;
    return `would violate PodSecurity "${formatLevel(level)}": ${formatViolations(found)}`;
  };
  if (errors.length > 0) {
    const texts = errors.map(({ field, message }) => `${field}: ${message}`);
    const shown = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
    annotate?.(`${ANNOTATION}error`, `Failed to parse policy: ${shown}`);
  }
  const audited = would(policy.audit);
  if (audited !== undefined) annotate?.(`${ANNOTATION}audit-violations`, audited);
  const warned = isRefused ? undefined : would(policy.warn);
  if (warned !== undefined) warnings.push(warned);
}

type AskedPolicy = ReturnType<typeof policyOf>;

function policyFor(reader: ObjectReader, name: string): AskedPolicy {
  const namespace = reader.get(namespaces, "", name);
  if (namespace === undefined)
    throw failure(500, "InternalError", `Internal error occurred: failed to lookup namespace "${name}"`);
  return policyOf(namespace.metadata?.labels);
}

/** Neither audits nor warns. */
function isQuiet({ policy, errors }: AskedPolicy): boolean {
  return errors.length === 0 && policy.audit.level === "privileged" && policy.warn.level === "privileged";
}

/** Where the kinds keep their template. */
function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  const { template, spec } = object as {
    template?: PodTemplateSpec;
    spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  };
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}

/** Of what can change in a pod the images matter, and containers that are new. */
function isSignificant(next: PodSpec, previous: PodSpec | undefined): boolean {
  const lists = [
    [next.containers, previous?.containers],
    [next.initContainers, previous?.initContainers],
  ] as const;
  if (lists.some(([now = [], before = []]) => hasOtherImages(now, before))) return true;
  const old = new Map((previous?.ephemeralContainers ?? []).map(({ name, image }) => [name, image]));
  return (next.ephemeralContainers ?? []).some(
    ({ name, image }: EphemeralContainer) => !old.has(name) || old.get(name) !== image,
  );
}

function hasOtherImages(now: readonly Container[], before: readonly Container[]): boolean {
  return now.length !== before.length || now.some(({ image }, i) => image !== before[i]?.image);
}
