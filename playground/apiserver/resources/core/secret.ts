/** Secrets. Kubernetes: pkg/registry/core/secret, pkg/apis/core/validation */
import type { Secret } from "kubernetes-types/core/v1";
import { secrets } from "#machinery/builtin.ts";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";
import { findJsonSyntaxError } from "../../handlers/go-json.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable, validateKeys } from "./fields/config-data.ts";

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
