/** Ingress classes. Kubernetes: pkg/registry/networking/ingressclass */
import type { IngressClass } from "kubernetes-types/networking/v1";
import { ingressClasses } from "#machinery/builtin.ts";
import { required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";

export const ingressClassStrategy = anyStrategy<IngressClass>({
  resource: ingressClasses,
  singular: "ingressclass",
  generation: true,
  validate: ({ spec }) => ((spec?.controller ?? "") === "" ? [required("spec.controller")] : []),
  validateUpdate: (next, previous) =>
    validateImmutable(next.spec?.controller, previous.spec?.controller, "spec.controller"),
  table: table<IngressClass>([
    { name: "Controller", value: ({ spec }) => spec?.controller },
    {
      name: "Parameters",
      value: ({ spec }) =>
        spec?.parameters === undefined ? "<none>" : `${spec.parameters.kind}/${spec.parameters.name}`,
    },
    age(),
  ]),
});
