/**
 * labelSelector and fieldSelector as one predicate over objects, with Kubernetes' refusals.
 * Kubernetes: apiserver/pkg/storage/selection_predicate.go
 */

import { messageOf } from "#base/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { matchesLabels, parseFieldSelector } from "#machinery/selector.ts";
import { badRequest } from "#machinery/status-error.ts";
import type { AnyStrategy } from "../strategy.ts";
import { parseQuerySelector } from "./label-selector.ts";

export interface Selection {
  matches(object: KubeObject): boolean;
  /** The only name that can match, when a field selector says so. */
  readonly name: string | undefined;
  readonly isEverything: boolean;
}

export function parseSelection(strategy: AnyStrategy, query: URLSearchParams): Selection {
  const labels = attempt(() => parseQuerySelector(query.get("labelSelector") ?? ""));
  const text = query.get("fieldSelector") ?? "";
  // The parser wants a field before the sign: without one the field is unknown.
  if (/(^|,)!?=/.test(text)) throw unknownField("");
  const fields = attempt(() => parseFieldSelector(text));
  const tests = fields.map(({ path, op, value }) => {
    const read = fieldReader(strategy, path);
    return (object: KubeObject): boolean => (read(object) === value) === (op === "=");
  });
  return {
    isEverything: labels.length === 0 && tests.length === 0,
    name: fields.find(({ path, op }) => path === "metadata.name" && op === "=")?.value,
    matches: (object) => matchesLabels(labels, object.metadata?.labels) && tests.every((test) => test(object)),
  };
}

function fieldReader(strategy: AnyStrategy, path: string): (object: KubeObject) => string {
  if (path === "metadata.name") return (object) => object.metadata?.name ?? "";
  if (path === "metadata.namespace") return (object) => object.metadata?.namespace ?? "";
  const read = strategy.fieldLabels?.[path];
  if (read === undefined) {
    if (strategy.fieldLabels !== undefined) throw badRequest(`field label not supported: ${path}`);
    throw unknownField(path);
  }
  return (object) => read(object);
}

function unknownField(path: string): Error {
  return badRequest(
    `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function attempt<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}
