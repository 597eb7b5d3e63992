/** Controller revisions. Kubernetes: pkg/registry/apps/controllerrevision */
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import { controllerRevisions } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";
import { validateRevision } from "./validation.ts";

export const controllerRevisionStrategy = anyStrategy<ControllerRevision>({
  resource: controllerRevisions,
  singular: "controllerrevision",
  validate: validateRevision,
  validateUpdate: (next, previous) => [
    ...validateRevision(next),
    ...validateImmutable(next.data, previous.data, "data"),
  ],
  table: table<ControllerRevision>([
    {
      name: "Controller",
      value: ({ metadata }) => metadata?.ownerReferences?.map((o) => `${o.kind.toLowerCase()}.apps/${o.name}`)[0],
    },
    { name: "Revision", value: ({ revision }) => revision },
    age(),
  ]),
});
