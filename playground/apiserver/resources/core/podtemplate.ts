/** Pod templates. Kubernetes: pkg/registry/core/podtemplate */
import type { PodTemplate } from "kubernetes-types/core/v1";
import { podTemplates } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { joined, pairs, table } from "../columns.ts";
import { setPodSpecDefaults } from "./pod-spec/defaults.ts";
import { validatePodTemplate } from "./pod-spec/validate.ts";

export const podTemplateStrategy = anyStrategy<PodTemplate>({
  resource: podTemplates,
  singular: "podtemplate",
  generation: true,
  setDefaults: ({ template }) => {
    if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
  },
  validate: ({ template }) => validatePodTemplate(template, "template"),
  table: table<PodTemplate>([
    { name: "Containers", value: ({ template }) => joined(template?.spec?.containers.map(({ name }) => name)) },
    { name: "Images", value: ({ template }) => joined(template?.spec?.containers.map(({ image }) => image ?? "")) },
    { name: "Pod Labels", value: (t) => pairs(t.template?.metadata?.labels) },
  ]),
});
