/** CreateOptions, UpdateOptions, PatchOptions and DeleteOptions from query and body. Kubernetes: apimachinery/pkg/apis/meta/v1/types.go */
import { type FieldError, invalid, notSupported, tooLong } from "#machinery/field-error.ts";
import { isJsonObject, type JsonObject } from "#machinery/schema/schema.ts";
import { badRequest, invalidObject } from "#machinery/status-error.ts";
import type { Call } from "../core.ts";
import { decodeBody } from "./decode.ts";
import { goEscaped } from "./go-json.ts";

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** As admission sees it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const MAX_MANAGER_LENGTH = 128;

export function writeOptions(call: Call, kind: "CreateOptions" | "UpdateOptions" | "PatchOptions"): WriteOptions {
  const { query } = call;
  const errors: FieldError[] = [];
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRun.some((value) => value !== "All")) errors.push(notSupported("dryRun", dryRun, ["All"]));
  const validation = query.get("fieldValidation") ?? "";
  if (!["", "Ignore", "Warn", "Strict"].includes(validation)) {
    errors.push(notSupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]));
  }
  const manager = query.get("fieldManager") ?? "";
  if (manager.length > MAX_MANAGER_LENGTH) {
    errors.push(tooLong("fieldManager", MAX_MANAGER_LENGTH));
  }
  const at = [...manager].findIndex((character) => !/^\P{C}$/u.test(character));
  if (at >= 0) {
    const point = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const message = `Invalid value: "${goEscaped(manager)}": invalid character U+${point} (at position ${at})`;
    errors.push({ reason: "FieldValueInvalid", field: "fieldManager", message });
  }
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager === "" ? managerOfAgent(call.userAgent) : manager,
    raw: {
      kind,
      apiVersion: "meta.k8s.io/v1",
      ...(dryRun.length > 0 && { dryRun: ["All"] }),
      ...(manager !== "" && { fieldManager: manager }),
      ...(validation !== "" && { fieldValidation: validation }),
    },
  };
}

function managerOfAgent(userAgent: string): string {
  const [head = ""] = userAgent.split("/");
  return head === "" ? "unknown" : head.slice(0, MAX_MANAGER_LENGTH);
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagation?: "Orphan" | "Background" | "Foreground";
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Options from the body if there is one, else from the query. */
export async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const body = await call.body();
  const raw = body.length > 0 ? (await decodeBody(call)).value : fromQuery(call.query);
  if (raw.kind !== undefined && raw.kind !== "DeleteOptions" && raw.kind !== "") {
    const shown = typeof raw.kind === "string" ? raw.kind : JSON.stringify(raw.kind);
    throw badRequest(`no kind "${shown}" is registered for DeleteOptions`);
  }
  const dryRun = call.query.getAll("dryRun").filter((value) => value !== "");
  if (dryRun.length > 0) raw.dryRun = dryRun;
  return parseDeleteOptions(raw);
}

export function parseDeleteOptions(raw: Readonly<JsonObject>): DeleteOptions {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = raw;
  const errors: FieldError[] = [];
  if (Array.isArray(dryRun) && dryRun.some((value) => value !== "All")) {
    errors.push(notSupported("dryRun", dryRun, ["All"]));
  }
  if (propagationPolicy !== undefined && !isPropagation(propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"),
    );
  }
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  const legacy = orphanDependents === undefined ? undefined : orphanDependents === true ? "Orphan" : "Background";
  const propagation = isPropagation(propagationPolicy) ? propagationPolicy : legacy;
  const { uid, resourceVersion } = isJsonObject(preconditions) ? preconditions : {};
  return {
    dryRun: Array.isArray(dryRun) && dryRun.includes("All"),
    ...(typeof gracePeriodSeconds === "number" && { gracePeriodSeconds: Math.max(0, gracePeriodSeconds) }),
    ...(propagation !== undefined && { propagation }),
    preconditions: {
      ...(typeof uid === "string" && { uid }),
      ...(typeof resourceVersion === "string" && { resourceVersion }),
    },
    raw: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...raw },
  };
}

function fromQuery(query: URLSearchParams): JsonObject {
  const grace = query.get("gracePeriodSeconds");
  const propagationPolicy = query.get("propagationPolicy");
  const orphan = query.get("orphanDependents");
  return {
    ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...(propagationPolicy !== null && propagationPolicy !== "" && { propagationPolicy }),
    ...(orphan !== null && { orphanDependents: orphan === "true" }),
  };
}

function isPropagation(value: unknown): value is "Orphan" | "Background" | "Foreground" {
  return value === "Orphan" || value === "Background" || value === "Foreground";
}
