/** ConfigMaps, Secrets and ServiceAccounts. Kubernetes: pkg/registry/core/{configmap,secret,serviceaccount} */
import type { ConfigMap, Secret, ServiceAccount } from "kubernetes-types/core/v1";
import { configMaps, secrets, serviceAccounts } from "#machinery/builtin.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "#machinery/field-error.ts";
import { findJsonSyntaxError } from "../../handlers/go-json.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateConfigKey } from "./config-key.ts";

const MAX_BYTES = 1024 * 1024;

export const configMapStrategy = anyStrategy<ConfigMap>({
  resource: configMaps,
  singular: "configmap",
  shortNames: ["cm"],
  validate: (map) => [
    ...Object.keys(map.data ?? {})
      .filter((key) => map.binaryData?.[key] !== undefined)
      .map((key) => invalid(`data[${key}]`, key, "duplicate of key present in binaryData")),
    ...validateKeys(map.data, "data"),
    ...validateKeys(map.binaryData, "binaryData"),
  ],
  validateUpdate: (next, previous) => [
    ...validateKeys(next.data, "data"),
    ...validateKeys(next.binaryData, "binaryData"),
    ...validateImmutable(next, previous, ["data", "binaryData"]),
  ],
  table: table<ConfigMap>([
    {
      name: "Data",
      value: (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    },
    age(),
  ]),
});

export const secretStrategy = anyStrategy<Secret>({
  resource: secrets,
  singular: "secret",
  setDefaults: (secret) => {
    secret.type ||= "Opaque";
    if (secret.stringData === undefined) return;
    // Write-only convenience: it ends up in data.
    const encoded = Object.entries(secret.stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
    delete secret.stringData;
  },
  validate: validateSecret,
  validateUpdate: (next, previous) => [
    ...validateSecret(next),
    ...(next.type === previous.type ? [] : [invalid("type", next.type, "field is immutable")]),
    ...validateImmutable(next, previous, ["data"]),
  ],
  fieldLabels: { type: (secret) => secret.type ?? "" },
  table: table<Secret>([
    { name: "Type", value: (secret) => secret.type },
    { name: "Data", value: (secret) => Object.keys(secret.data ?? {}).length },
    age(),
  ]),
});

export const serviceAccountStrategy = anyStrategy<ServiceAccount>({
  resource: serviceAccounts,
  singular: "serviceaccount",
  shortNames: ["sa"],
  table: table<ServiceAccount>([{ name: "Secrets", value: (account) => account.secrets?.length ?? 0 }, age()]),
});

function validateSecret(secret: Secret): FieldError[] {
  const errors = validateKeys(secret.data, "data");
  const needs: Record<string, readonly string[]> = {
    "kubernetes.io/tls": ["tls.crt", "tls.key"],
    "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
    "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  };
  if (secret.type === "kubernetes.io/service-account-token") {
    const field = "kubernetes.io/service-account.name";
    if ((secret.metadata?.annotations?.[field] ?? "") === "") errors.push(required(`metadata.annotations[${field}]`));
  }
  if (secret.type === "kubernetes.io/basic-auth" && !secret.data?.["username"] && !secret.data?.["password"]) {
    errors.push(required("data[username]"), required("data[password]"));
  }
  for (const key of needs[secret.type ?? ""] ?? [])
    if (secret.data?.[key] === undefined) errors.push(required(`data[${key}]`));
  return [...errors, ...validateDockerConfig(secret)];
}

function validateDockerConfig({ type = "", data }: Secret): FieldError[] {
  const key = { "kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg" }[type];
  const encoded = key === undefined ? undefined : data?.[key];
  if (encoded === undefined) return [];
  const problem = findJsonSyntaxError(Buffer.from(encoded, "base64").toString("utf8"));
  return problem === undefined ? [] : [invalid(`data[${key}]`, "<secret contents redacted>", problem)];
}

function validateKeys(data: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data ?? {})) {
    errors.push(...validateConfigKey(key, `${path}[${key}]`));
    bytes += Buffer.byteLength(value ?? "");
  }
  if (bytes > MAX_BYTES) errors.push(tooLong("", MAX_BYTES));
  return errors;
}

function validateImmutable<T extends { immutable?: boolean }>(
  next: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (previous.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (next.immutable !== true) errors.push(forbidden("immutable", "field is immutable when `immutable` is set"));
  for (const field of fields) {
    if (JSON.stringify(next[field] ?? {}) !== JSON.stringify(previous[field] ?? {})) {
      errors.push(forbidden(field, "field is immutable when `immutable` is set"));
    }
  }
  return errors;
}
