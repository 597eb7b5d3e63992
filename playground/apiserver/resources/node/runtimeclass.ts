/** Runtime classes. Kubernetes: pkg/registry/node/runtimeclass, pkg/apis/node/validation */
import type { RuntimeClass } from "kubernetes-types/node/v1";
import { runtimeClasses } from "#machinery/builtin.ts";
import { dns1123Label } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages, validateImmutable } from "../validation.ts";

export const runtimeClassStrategy = anyStrategy<RuntimeClass>({
  resource: runtimeClasses,
  singular: "runtimeclass",
  validate: ({ handler }) => messages("handler", handler ?? "", dns1123Label(handler ?? "")),
  validateUpdate: (next, previous) => validateImmutable(next.handler, previous.handler, "handler"),
  table: table<RuntimeClass>([{ name: "Handler", value: ({ handler }) => handler }, age()]),
});
