/** Probes and lifecycle hooks: what is run, how often. Kubernetes: pkg/apis/core/validation (validateProbe, validateHandler) */
import type { Container, Probe } from "kubernetes-types/core/v1";
import { type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { validateNonnegative, validatePort } from "../../validation.ts";

const COUNTS = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;
export const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

interface Handler {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: { readonly path?: string; readonly port: number | string; readonly scheme?: string };
  readonly tcpSocket?: { readonly port: number | string };
  readonly grpc?: { readonly port: number };
  readonly sleep?: { readonly seconds: number };
}

/** In the order that decides which of several is refused. */
const HANDLERS: {
  readonly [T in keyof Required<Handler>]: (handler: NonNullable<Handler[T]>, path: string) => FieldError[];
} = {
  exec: ({ command }, path) => ((command ?? []).length === 0 ? [required(`${path}.command`)] : []),
  httpGet: ({ path: url, port, scheme = "" }, path) => [
    ...((url ?? "") === "" ? [required(`${path}.path`)] : []),
    ...validatePort(port, `${path}.port`),
    ...(["HTTP", "HTTPS"].includes(scheme) ? [] : [notSupported(`${path}.scheme`, scheme, ["HTTP", "HTTPS"])]),
  ],
  tcpSocket: ({ port }, path) => validatePort(port, `${path}.port`),
  grpc: ({ port }, path) => validatePort(port, `${path}.port`),
  sleep: () => [],
};

export function validateProbes(container: Container, path: string): FieldError[] {
  return PROBES.flatMap((field) => {
    const probe = container[field];
    return probe === undefined ? [] : validateProbe(probe, `${path}.${field}`, field !== "readinessProbe");
  });
}

function validateProbe(probe: Probe, path: string, oneSuccess: boolean): FieldError[] {
  const { terminationGracePeriodSeconds: grace } = probe as Probe & { terminationGracePeriodSeconds?: number };
  const at = `${path}.terminationGracePeriodSeconds`;
  const errors = [
    ...validateHandler(probe as Handler, path),
    ...COUNTS.flatMap((field) => validateNonnegative(probe[field], `${path}.${field}`)),
  ];
  if (grace !== undefined && grace <= 0) errors.push(invalid(at, grace, "must be greater than 0"));
  if (oneSuccess && probe.successThreshold !== 1)
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  if (!oneSuccess && grace !== undefined) errors.push(invalid(at, grace, "must not be set for readinessProbes"));
  return errors;
}

export function validateLifecycle({ lifecycle }: Container, path: string): FieldError[] {
  return (["postStart", "preStop"] as const).flatMap((field) => {
    const handler = lifecycle?.[field];
    return handler === undefined ? [] : validateHandler(handler as Handler, `${path}.lifecycle.${field}`);
  });
}

function validateHandler(handler: Handler, path: string): FieldError[] {
  const present = (Object.keys(HANDLERS) as (keyof Handler)[]).filter((field) => handler[field] !== undefined);
  if (present.length === 0) return [required(path, "must specify a handler type")];
  return present.flatMap((field, i) => {
    if (i > 0) return [forbidden(`${path}.${field}`, "may not specify more than 1 handler type")];
    const check = HANDLERS[field] as (value: unknown, path: string) => FieldError[];
    return check(handler[field], `${path}.${field}`);
  });
}
