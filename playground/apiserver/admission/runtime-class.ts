/** Adds a RuntimeClass's scheduling rules and overhead to its pods. Kubernetes: plugin/pkg/admission/runtimeclass */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { RuntimeClass } from "kubernetes-types/node/v1";
import { runtimeClasses } from "#machinery/builtin.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../request.ts";
import { isPodCreation, podOf } from "./pod-request.ts";

export function runtimeClassPlugin(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    handles: (request) => isPodCreation(request) && podOf(request).spec?.runtimeClassName !== undefined,
    async admit(_ctx, request) {
      const { spec } = podOf(request);
      const name = spec?.runtimeClassName;
      if (spec === undefined || name === undefined) return;
      const found = reader.get(runtimeClasses, "", name);
      if (found === undefined) {
        throw forbiddenError(
          request.resource,
          request.name,
          `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`,
        );
      }
      applyClass(request, spec, found);
    },
  };
}

function applyClass(request: AdmissionRequest, spec: PodSpec, found: RuntimeClass): void {
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own === undefined || own === value) continue;
    const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
    throw forbiddenError(request.resource, request.name, why);
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const own = spec.tolerations ?? [];
  const added = tolerations.filter(
    (toleration) => !own.some((other) => JSON.stringify(other) === JSON.stringify(toleration)),
  );
  if (added.length > 0) spec.tolerations = [...own, ...structuredClone(added)];
  const overhead = found.overhead?.podFixed;
  if (overhead !== undefined) spec.overhead = { ...overhead };
}
