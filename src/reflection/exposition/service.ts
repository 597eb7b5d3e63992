/** Services, so that names resolve in the twin namespace. Upstream: pkg/virtualKubelet/reflection/exposition/service.go */
import type { Service } from "kubernetes-types/core/v1";
import { forgeService } from "#forge/service.ts";
import { services } from "#machinery/builtin.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";

const spec: ReflectorSpec<Service> = {
  name: "service",
  local: services,
  remote: services,
  forge: (local, { scope, settings }, pair) =>
    forgeService(
      local,
      pair.remote,
      scope,
      settings.loadBalancerClass === undefined ? {} : { loadBalancerClass: settings.loadBalancerClass },
    ),
  // Each cluster has its own API server there.
  exclude: ({ metadata }) => (metadata?.namespace === "default" && metadata.name === "kubernetes" ? {} : undefined),
};

export const serviceReflector = reflectorOf(spec);
