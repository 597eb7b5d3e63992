/**
 * The default StorageClass of claims and the default IngressClass of Ingresses.
 * Kubernetes: plugin/pkg/admission/{storage/storageclass/setdefault,network/defaultingressclass}
 */
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Ingress } from "kubernetes-types/networking/v1";
import { ingressClasses, storageClasses } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../request.ts";

export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    handles: (request) => isCreation(request, "", "persistentvolumeclaims"),
    async admit(_ctx, request) {
      const { spec, metadata } = request.object as PersistentVolumeClaim;
      const legacy = metadata?.annotations?.["volume.beta.kubernetes.io/storage-class"];
      if (spec === undefined || spec.storageClassName !== undefined || legacy !== undefined) return;
      // The newest default wins, by name among equals.
      const [chosen] = defaultsOf(reader.list(storageClasses, ""), "storageclass.kubernetes.io/is-default-class");
      if (chosen?.metadata?.name !== undefined) spec.storageClassName = chosen.metadata.name;
    },
  };
}

export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    handles: (request) => isCreation(request, "networking.k8s.io", "ingresses"),
    async admit(_ctx, request) {
      const { spec, metadata } = request.object as Ingress;
      const legacy = metadata?.annotations?.["kubernetes.io/ingress.class"];
      if (spec === undefined || spec.ingressClassName !== undefined || legacy !== undefined) return;
      const defaults = defaultsOf(reader.list(ingressClasses, ""), "ingressclass.kubernetes.io/is-default-class");
      if (defaults.length > 1) {
        const why = `${defaults.length} default IngressClasses were found, only 1 allowed`;
        throw forbiddenError(request.resource, request.name, why);
      }
      const name = defaults[0]?.metadata?.name;
      if (name !== undefined) spec.ingressClassName = name;
    },
  };
}

function defaultsOf<T extends KubeObject>(classes: readonly T[], annotation: string): T[] {
  const age = (object: T): string => object.metadata?.creationTimestamp ?? "";
  return classes
    .filter((object) => object.metadata?.annotations?.[annotation] === "true")
    .sort((a, b) => age(b).localeCompare(age(a)) || (a.metadata?.name ?? "").localeCompare(b.metadata?.name ?? ""));
}

function isCreation({ operation, resource, subresource }: AdmissionRequest, group: string, plural: string): boolean {
  return operation === "CREATE" && subresource === "" && resource.group === group && resource.plural === plural;
}
