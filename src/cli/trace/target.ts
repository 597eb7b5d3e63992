/** What is asked for: `<pod>` and `<pod|service>[:port]`, also as `pod/x` and `svc/x`. Pure. */
import { CliError } from "../errors.ts";

export interface Target {
  /** Undefined: a pod of that name, else a Service. */
  readonly kind: "pod" | "service" | undefined;
  readonly name: string;
  /** A number or a name. */
  readonly port: string | undefined;
}

const KINDS: Readonly<Record<string, Target["kind"]>> = {
  po: "pod",
  pod: "pod",
  pods: "pod",
  svc: "service",
  service: "service",
  services: "service",
};
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const PORT = /^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

/** Throws a CliError. */
export function parseTarget(text: string): Target {
  const [, kind, name = "", port] = /^(?:([^/:]*)\/)?([^/:]*)(?::(.*))?$/.exec(text) ?? [];
  const isKind = kind === undefined || Object.hasOwn(KINDS, kind);
  if (!isKind || !NAME.test(name) || (port !== undefined && !isPort(port)))
    throw new CliError(`"${text}" is neither a pod nor a Service with a port`, {
      hint: "write `web`, `web:80`, `pod/web`, `svc/web:http`",
    });
  return { kind: kind === undefined ? undefined : KINDS[kind], name, port };
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) ? Number(text) >= 1 && Number(text) <= 65_535 : PORT.test(text);
}
