/** Volumes of a pod. Kubernetes: pkg/apis/core/validation (ValidateVolumes, validateVolumeSource) */
import type { KeyToPath, Volume } from "kubernetes-types/core/v1";
import { duplicate, type FieldError, forbidden, invalid, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { messages } from "../../validation.ts";

const MAX_MODE = 0o777;
const MIN_TOKEN_SECONDS = 600;

/** The errors, and the names that mounts may use. */
export function validateVolumes(
  volumes: readonly Volume[],
  path: string,
): { readonly errors: FieldError[]; readonly names: ReadonlySet<string> } {
  const names = new Set<string>();
  const errors = volumes.flatMap((volume, i) => {
    const at = `${path}[${i}]`;
    const { name = "" } = volume;
    const found = [
      ...validateSource(volume, at),
      ...(name === "" ? [required(`${at}.name`)] : messages(`${at}.name`, name, dns1123Label(name))),
      ...(names.has(name) ? [duplicate(`${at}.name`, name)] : []),
    ];
    if (found.length === 0) names.add(name);
    return found;
  });
  return { errors, names };
}

function validateSource(volume: Volume, at: string): FieldError[] {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  if (sources.length === 0) return [required(at, "must specify a volume type")];
  const { hostPath, secret, configMap, persistentVolumeClaim: claim, projected } = volume;
  const errors: FieldError[] = [];
  if (hostPath !== undefined && (hostPath.path ?? "") === "") errors.push(required(`${at}.hostPath.path`));
  if (hostPath?.path?.split("/").includes("..") === true)
    errors.push(invalid(`${at}.hostPath.path`, hostPath.path, "must not contain '..'"));
  if (secret !== undefined) {
    if ((secret.secretName ?? "") === "") errors.push(required(`${at}.secret.secretName`));
    errors.push(...validateFiles(secret, `${at}.secret`));
  }
  if (claim !== undefined && (claim.claimName ?? "") === "")
    errors.push(required(`${at}.persistentVolumeClaim.claimName`));
  if (configMap !== undefined) {
    if ((configMap.name ?? "") === "") errors.push(required(`${at}.configMap.name`));
    errors.push(...validateFiles(configMap, `${at}.configMap`));
  }
  for (const { serviceAccountToken: token } of projected?.sources ?? []) {
    if (token === undefined) continue;
    if ((token.expirationSeconds ?? MIN_TOKEN_SECONDS) < MIN_TOKEN_SECONDS) {
      const why = "may not specify a duration less than 10 minutes";
      errors.push(
        invalid(`${at}.projected.sources.serviceAccountToken.expirationSeconds`, token.expirationSeconds, why),
      );
    }
    if ((token.path ?? "") === "") errors.push(required(`${at}.projected.path`));
  }
  const more = sources.slice(1).map((field) => forbidden(`${at}.${field}`, "may not specify more than 1 volume type"));
  return [...errors, ...more];
}

interface Files {
  readonly defaultMode?: number;
  readonly items?: readonly KeyToPath[];
}

function validateFiles({ defaultMode = 0, items = [] }: Files, at: string): FieldError[] {
  const mode = (value: number, field: string): FieldError[] =>
    value < 0 || value > MAX_MODE
      ? [invalid(field, value, "must be a number between 0 and 0777 (octal), both inclusive")]
      : [];
  return [
    ...mode(defaultMode, `${at}.defaultMode`),
    ...items.flatMap((item, i) => {
      const { key = "", path = "" } = item;
      const field = `${at}.items[${i}]`;
      return [
        ...(key === "" ? [required(`${field}.key`)] : []),
        ...(path === "" ? [required(`${field}.path`)] : []),
        ...(path.startsWith("/") ? [invalid(`${field}.path`, path, "must be a relative path")] : []),
        ...(path.split("/").includes("..") ? [invalid(`${field}.path`, path, "must not contain '..'")] : []),
        ...mode(item.mode ?? 0, `${field}.mode`),
      ];
    }),
  ];
}
