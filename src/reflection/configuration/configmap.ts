/** ConfigMaps, the root CA under another name. Upstream: pkg/virtualKubelet/reflection/configuration/configmap.go */
import type { ConfigMap } from "kubernetes-types/core/v1";
import { forgeConfigMap, localConfigMapName, ROOT_CA, remoteConfigMapName } from "#forge/configmap.ts";
import { wishOf } from "#forge/reflection-policy.ts";
import { configMaps } from "#machinery/builtin.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";

const spec: ReflectorSpec<ConfigMap> = {
  name: "configmap",
  local: configMaps,
  remote: configMaps,
  forge: (local, { scope }, pair) => forgeConfigMap(local, pair.remote, scope),
  remoteName: (name, { origin }) => remoteConfigMapName(name, origin),
  localName: (name, { origin }) => localConfigMapName(name, origin),
  // Offloaded pods need it to trust their own API server, so only an explicit annotation keeps it at home.
  policy: ({ metadata }, type) =>
    metadata?.name === ROOT_CA ? (wishOf(metadata.annotations, type) ?? true) : undefined,
};

export const configMapReflector = reflectorOf(spec);
