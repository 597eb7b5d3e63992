/**
 * The words of a refusal. Kubernetes: apiserver/pkg/endpoints/handlers/responsewriters/errors.go (forbiddenMessage),
 * apimachinery/pkg/api/errors (NewForbidden)
 */
import { failure, forbiddenError, type StatusError } from "#machinery/status-error.ts";
import type { RequestAttributes } from "../request.ts";

/** The 403 for a request that the authorizer refused. */
export function denial(attributes: RequestAttributes, reason: string): StatusError {
  const sentence = denialMessage(attributes);
  const message = reason === "" ? sentence : `${sentence}: ${reason}`;
  if (attributes.isResource) return forbiddenError(attributes, attributes.name, message);
  return failure(403, "Forbidden", `forbidden: ${message}`, {});
}

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"` */
function denialMessage(attributes: RequestAttributes): string {
  const { user, verb, isResource, group, plural, subresource, namespace, path } = attributes;
  const who = `User ${JSON.stringify(user.name === "" ? "unknown" : user.name)}`;
  if (!isResource) return `${who} cannot ${verb} path ${JSON.stringify(path)}`;
  const resource = subresource === "" ? plural : `${plural}/${subresource}`;
  const what = `${who} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)}`;
  return namespace === "" ? `${what} at the cluster scope` : `${what} in the namespace ${JSON.stringify(namespace)}`;
}
