/** Ingresses. Upstream: pkg/virtualKubelet/reflection/exposition/ingress.go */
import type { Ingress } from "kubernetes-types/networking/v1";
import { forgeIngress } from "#forge/ingress.ts";
import { ingresses } from "#machinery/builtin.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";

const spec: ReflectorSpec<Ingress> = {
  name: "ingress",
  local: ingresses,
  remote: ingresses,
  forge: (local, { scope, settings }, pair) => forgeIngress(local, pair.remote, scope, settings.ingressClass),
};

export const ingressReflector = reflectorOf(spec);
