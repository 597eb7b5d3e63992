/** Objects without what nobody needs to see to help: data of Secrets, values of environments, arguments of others' programs. */
import type { UnstructuredObject } from "#machinery/meta.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Fields that hold a key, a certificate or a nonce, wherever they stand. */
const SECRET_FIELDS = new Set([
  ...["data", "stringData", "binaryData", "publicKey", "signedCRT", "csr", "CSR", "ca", "caBundle", "token", "nonce"],
  ...["signedNonce", "signature", "password", "request", "certificate"],
]);
const MOST_DEPTH = 64;

export type HideValue = (value: string) => string;

/** `isLiqo`: arguments of its own programs tell what is configured. */
export function withoutSecrets(object: UnstructuredObject, hide: HideValue, isLiqo: boolean): UnstructuredObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata ?? {};
  const kept = Object.entries(annotations ?? {}).filter(([name]) => name !== LAST_APPLIED);
  const whole = {
    ...object,
    metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) },
  };
  // Among Liqo's own kinds it is the one that holds what others run.
  return walk(whole, { hide, isLiqo: isLiqo && object.kind !== "ShadowPod" }, 0) as UnstructuredObject;
}

interface Walk {
  readonly hide: HideValue;
  readonly isLiqo: boolean;
}

function walk(value: unknown, how: Walk, depth: number): unknown {
  if (depth > MOST_DEPTH) return "too deep";
  if (Array.isArray(value)) return value.map((each) => walk(each, how, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isHidden(name, how) ? hideAll(inner, how) : walkField(name, inner, how, depth),
    ]),
  );
}

function walkField(name: string, inner: unknown, how: Walk, depth: number): unknown {
  if (name === "env" && Array.isArray(inner)) return inner.map((each) => withoutValue(each, how, depth));
  return walk(inner, how, depth + 1);
}

function isHidden(name: string, { isLiqo }: Walk): boolean {
  return SECRET_FIELDS.has(name) || (!isLiqo && ["command", "args"].includes(name));
}

/** Its form stays: how many there are, and under which names. */
function hideAll(value: unknown, how: Walk): unknown {
  if (Array.isArray(value)) return value.map((each) => hideAll(each, how));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideAll(inner, how)]));
  return value === "" || value === null ? value : how.hide(String(value));
}

function withoutValue(variable: unknown, how: Walk, depth: number): unknown {
  if (typeof variable !== "object" || variable === null) return variable;
  return Object.fromEntries(
    Object.entries(variable).map(([name, inner]) => [
      name,
      name === "value" ? hideAll(inner, how) : walk(inner, how, depth + 1),
    ]),
  );
}
