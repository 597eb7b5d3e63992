/**
 * Resolves the PriorityClass of pods to a number; at most one class is the default.
 * Kubernetes: plugin/pkg/admission/priority/admission.go
 */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import { priorityClasses } from "#machinery/builtin.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../request.ts";
import { isPodCreation, podOf } from "./pod-request.ts";

export function priorityPlugin(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "Priority",
    handles: (request) => isPodCreation(request) || isClassWrite(request),
    async admit(_ctx, request) {
      if (!isPodCreation(request)) return;
      const { spec } = podOf(request);
      if (spec !== undefined) resolve(reader, request, spec);
    },
    async validate(_ctx, request) {
      const next = request.object as PriorityClass | undefined;
      if (!isClassWrite(request) || next?.globalDefault !== true) return;
      const other = reader
        .list(priorityClasses, "")
        .find(({ globalDefault, metadata }) => globalDefault === true && metadata?.name !== request.name);
      if (other === undefined) return;
      const why = `PriorityClass ${other.metadata?.name} is already marked as default. Only one default can exist`;
      throw forbiddenError(request.resource, request.name, why);
    },
  };
}

function resolve(reader: ObjectReader, request: AdmissionRequest, spec: PodSpec): void {
  const found = findClass(reader, request, spec.priorityClassName ?? "");
  if (found !== undefined) spec.priorityClassName = found.metadata?.name ?? "";
  const value = found?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    throw forbiddenError(request.resource, request.name, why);
  }
  spec.priority = value;
  spec.preemptionPolicy ??= found?.preemptionPolicy ?? "PreemptLowerPriority";
}

function findClass(reader: ObjectReader, request: AdmissionRequest, name: string): PriorityClass | undefined {
  if (name === "") {
    const defaults = reader.list(priorityClasses, "").filter((candidate) => candidate.globalDefault === true);
    return defaults.sort((a, b) => a.value - b.value)[0];
  }
  const found = reader.get(priorityClasses, "", name);
  if (found === undefined)
    throw forbiddenError(request.resource, request.name, `no PriorityClass with name ${name} was found`);
  return found;
}

function isClassWrite({ operation, resource }: AdmissionRequest): boolean {
  return resource.plural === "priorityclasses" && (operation === "CREATE" || operation === "UPDATE");
}
