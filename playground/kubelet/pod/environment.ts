/**
 * The environment of a container, as a pure function of the pod and the objects it names.
 * Kubernetes: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/kubelet/envvars, third_party/forked/golang/expansion
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from "kubernetes-types/core/v1";
import { fieldOf, type NodeResources, type PodAddresses, resourceOf } from "./field-ref.ts";

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly addresses: PodAddresses;
  readonly nodeResources: NodeResources;
  readonly image: Readonly<Record<string, string>>;
  /** Of the pod's namespace, and `default/kubernetes`. */
  readonly services: readonly Service[];
  readonly findConfigMap: (name: string) => ConfigMap | undefined;
  readonly findSecret: (name: string) => Secret | undefined;
}

/** `problem` becomes CreateContainerConfigError, word for word as the kubelet's. */
export type Environment = { readonly env: Record<string, string> } | { readonly problem: string };

class Problem extends Error {}

export function forgeEnvironment(input: EnvironmentInput): Environment {
  try {
    const links = input.pod.spec?.enableServiceLinks ?? true;
    const services = serviceVariables(
      input.services.filter((service) => links || service.metadata?.name === "kubernetes"),
    );
    const own = { ...fromSources(input) };
    for (const variable of input.container.env ?? []) {
      const value = valueFor(input, variable, { ...services, ...own });
      if (value !== undefined) own[variable.name] = value;
    }
    return { env: { ...input.image, HOSTNAME: hostnameOf(input.pod), ...services, ...own } };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

/** `$(NAME)` becomes the value of a known variable and stays otherwise; `$$` is a dollar sign. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (env[name] ?? whole),
  );
}

export function hostnameOf(pod: Pod): string {
  if (pod.spec?.hostNetwork === true) return pod.spec.nodeName ?? "";
  const name = pod.spec?.hostname ?? pod.metadata?.name ?? "";
  // Linux allows 64, the kubelet 63; a cut name may not end in a dash or dot.
  return name.slice(0, 63).replace(/[-.]+$/, "");
}

/** `REDIS_SERVICE_HOST`, `REDIS_SERVICE_PORT`, and the older variables of Docker links. */
function serviceVariables(services: readonly Service[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const service of services) {
    const ip = service.spec?.clusterIP;
    const ports = service.spec?.ports ?? [];
    const first = ports[0];
    if (ip === undefined || ip === "" || ip === "None" || first === undefined) continue;
    const prefix = variableName(service.metadata?.name ?? "");
    env[`${prefix}_SERVICE_HOST`] = ip;
    env[`${prefix}_SERVICE_PORT`] = String(first.port);
    for (const port of ports)
      if (port.name !== undefined) env[`${prefix}_SERVICE_PORT_${variableName(port.name)}`] = String(port.port);
    const url = (port: { protocol?: string; port: number }): string =>
      `${(port.protocol ?? "TCP").toLowerCase()}://${ip}:${port.port}`;
    env[`${prefix}_PORT`] = url(first);
    for (const port of ports) {
      const link = `${prefix}_PORT_${port.port}_${port.protocol ?? "TCP"}`;
      env[link] = url(port);
      env[`${link}_PROTO`] = (port.protocol ?? "TCP").toLowerCase();
      env[`${link}_PORT`] = String(port.port);
      env[`${link}_ADDR`] = ip;
    }
  }
  return env;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function fromSources(input: EnvironmentInput): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of input.container.envFrom ?? []) {
    if (configMapRef?.name !== undefined) {
      const configMap = input.findConfigMap(configMapRef.name);
      if (configMap === undefined && configMapRef.optional !== true) throw missing("configmap", configMapRef.name);
      for (const [key, value] of Object.entries(configMap?.data ?? {})) env[`${prefix}${key}`] = value;
    }
    if (secretRef?.name !== undefined) {
      const secret = input.findSecret(secretRef.name);
      if (secret === undefined && secretRef.optional !== true) throw missing("secret", secretRef.name);
      for (const [key, value] of Object.entries(secret?.data ?? {})) env[`${prefix}${key}`] = decode(value);
    }
  }
  return env;
}

function valueFor(input: EnvironmentInput, variable: EnvVar, known: Record<string, string>): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? "", known);
  if (from.fieldRef !== undefined) {
    const value = fieldOf(input.pod, from.fieldRef.fieldPath, input.addresses);
    if (value === undefined) throw new Problem(`unsupported fieldPath: ${from.fieldRef.fieldPath}`);
    return value;
  }
  if (from.resourceFieldRef !== undefined) {
    return resourceOf(input.pod, input.container, from.resourceFieldRef, input.nodeResources);
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = "", key, optional } = from.configMapKeyRef;
    const configMap = input.findConfigMap(name);
    return required(configMap?.data?.[key], configMap !== undefined, { kind: "configmap", name, key, optional, input });
  }
  if (from.secretKeyRef !== undefined) {
    const { name = "", key, optional } = from.secretKeyRef;
    const secret = input.findSecret(name);
    const encoded = secret?.data?.[key];
    const value = encoded === undefined ? undefined : decode(encoded);
    return required(value, secret !== undefined, { kind: "secret", name, key, optional, input });
  }
  return undefined;
}

interface KeyReference {
  readonly kind: "configmap" | "secret";
  readonly name: string;
  readonly key: string;
  readonly optional: boolean | undefined;
  readonly input: EnvironmentInput;
}

function required(value: string | undefined, objectExists: boolean, ref: KeyReference): string | undefined {
  if (value !== undefined || ref.optional === true) return value;
  if (!objectExists) throw missing(ref.kind, ref.name);
  const kind = ref.kind === "secret" ? "Secret" : "ConfigMap";
  throw new Problem(`couldn't find key ${ref.key} in ${kind} ${ref.input.pod.metadata?.namespace}/${ref.name}`);
}

function missing(kind: "configmap" | "secret", name: string): Problem {
  return new Problem(`${kind} "${name}" not found`);
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
