/** An object as a person may see it on a page: without what is secret, and without what is noise. */
import type { UnstructuredObject } from "#machinery/meta.ts";

const HIDDEN = "(hidden)";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Keys, tokens and kubeconfigs that somebody put where they do not belong. */
const SECRET_TEXT =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|LS0tLS1CRUdJTiB[\w+/=]*UFJJVkFURSBLRVk/;
const MOST_DEPTH = 100;

export function withoutSecrets(object: UnstructuredObject): UnstructuredObject {
  const { managedFields: _managedFields, annotations, ...metadata } = object.metadata ?? {};
  const isSecret = object.kind === "Secret";
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !(isSecret && name === LAST_APPLIED));
  const whole: UnstructuredObject = {
    ...object,
    metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) },
  };
  if (isSecret)
    for (const field of ["data", "stringData"])
      if (whole[field] !== undefined) whole[field] = hiddenValues(whole[field]);
  return hide(whole, 0) as UnstructuredObject;
}

function hiddenValues(data: unknown): unknown {
  const names = typeof data === "object" && data !== null ? Object.keys(data) : [];
  return Object.fromEntries(names.map((name) => [name, HIDDEN]));
}

function hide(value: unknown, depth: number): unknown {
  if (depth > MOST_DEPTH) return HIDDEN;
  if (typeof value === "string") return SECRET_TEXT.test(value) ? HIDDEN : value;
  if (Array.isArray(value)) return value.map((each) => hide(each, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hide(each, depth + 1)]));
}
