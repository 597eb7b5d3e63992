/**
 * Nothing is written into a namespace that does not exist, nothing created in one that is going away, and the system's
 * namespaces stay. Kubernetes: apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
 */
import { namespaces } from "#machinery/builtin.ts";
import { failure, forbiddenError, notFound } from "#machinery/status-error.ts";
import type { AdmissionPlugin, ObjectReader } from "../request.ts";

const IMMORTAL = ["default", "kube-system", "kube-public"];

export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: ({ operation, resource }) =>
      resource.namespaced
        ? operation === "CREATE" || operation === "UPDATE"
        : isNamespace(resource) && operation === "DELETE",
    async admit(_ctx, request) {
      const { operation, resource, name, namespace } = request;
      if (isNamespace(resource)) {
        if (IMMORTAL.includes(name)) throw forbiddenError(resource, name, "this namespace may not be deleted");
        return;
      }
      if (resource.plural === "localsubjectaccessreviews") return;
      const home = reader.get(namespaces, "", namespace);
      if (home === undefined) throw notFound(namespaces, namespace);
      if (operation !== "CREATE" || home.status?.phase !== "Terminating") return;
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const { message, details } = forbiddenError(resource, name, why).status;
      const cause = {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      };
      throw failure(403, "Forbidden", message ?? why, { ...details, causes: [cause] });
    },
  };
}

function isNamespace(resource: { group: string; plural: string }): boolean {
  return resource.group === "" && resource.plural === "namespaces";
}
