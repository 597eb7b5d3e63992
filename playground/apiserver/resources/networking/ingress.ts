/** Ingresses. Kubernetes: pkg/registry/networking/ingress, pkg/apis/networking/validation */
import { isIPv4 } from "node:net";
import type { Ingress, IngressBackend } from "kubernetes-types/networking/v1";
import { ingresses } from "#machinery/builtin.ts";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

export const ingressStrategy = anyStrategy<Ingress>({
  resource: ingresses,
  singular: "ingress",
  shortNames: ["ing"],
  status: true,
  validate: validateIngress,
  table: table<Ingress>([
    { name: "Class", value: ({ spec }) => spec?.ingressClassName },
    {
      name: "Hosts",
      value: ({ spec }) => {
        const hosts = (spec?.rules ?? []).map(({ host }) => host).filter((host) => host !== undefined && host !== "");
        return hosts.length === 0 ? "*" : hosts.join(",");
      },
    },
    {
      name: "Address",
      value: ({ status }) => (status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname).join(","),
    },
    { name: "Ports", value: ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80") },
    age(),
  ]),
});

/** Kubernetes: pkg/apis/networking/validation (ValidateIngressSpec) */
function validateIngress({ spec }: Ingress): FieldError[] {
  if (spec?.defaultBackend === undefined && (spec?.rules ?? []).length === 0)
    return [invalid("spec", spec?.rules ?? null, "either `defaultBackend` or `rules` must be specified")];
  const errors = spec?.defaultBackend === undefined ? [] : validateBackend(spec.defaultBackend, "spec.defaultBackend");
  for (const [i, { host, http }] of (spec?.rules ?? []).entries()) {
    if (isIPv4(host ?? ""))
      errors.push(invalid(`spec.rules[${i}].host`, host, "must be a DNS name, not an IP address"));
    for (const [j, { path, pathType, backend }] of (http?.paths ?? []).entries()) {
      const at = `spec.rules[${i}].http.paths[${j}]`;
      if (pathType === undefined) errors.push(required(`${at}.pathType`, "pathType must be specified"));
      if (pathType !== "ImplementationSpecific" && pathType !== undefined && !(path ?? "").startsWith("/"))
        errors.push(invalid(`${at}.path`, path ?? "", "must be an absolute path"));
      errors.push(...validateBackend(backend, `${at}.backend`));
    }
  }
  return errors;
}

function validateBackend({ service, resource }: IngressBackend, at: string): FieldError[] {
  if (service === undefined)
    return resource === undefined ? [required(at, "must specify either resource or service")] : [];
  const { port } = service;
  return port?.name === undefined && port?.number === undefined
    ? [required(at, "port name or number is required")]
    : [];
}
