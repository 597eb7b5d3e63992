/** Secrets, but no service account tokens. Upstream: pkg/virtualKubelet/reflection/configuration/secret.go */
import type { Secret } from "kubernetes-types/core/v1";
import { SERVICE_ACCOUNT_NAME } from "#api/labels.ts";
import { forgeSecret, SERVICE_ACCOUNT_TOKEN } from "#forge/secret.ts";
import { secrets } from "#machinery/builtin.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";
import { tokensDisabled } from "../messages.ts";

const spec: ReflectorSpec<Secret> = {
  name: "secret",
  local: secrets,
  remote: secrets,
  forge: (local, { scope }, pair) => forgeSecret(local, pair.remote, scope),
  exclude: ({ type }, { scope }) =>
    type === SERVICE_ACCOUNT_TOKEN ? { message: tokensDisabled(scope.destination) } : undefined,
  isOthers: ({ metadata }) => metadata?.labels?.[SERVICE_ACCOUNT_NAME] !== undefined,
};

export const secretReflector = reflectorOf(spec);
