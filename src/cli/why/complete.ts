/** The words that `liqoctl why` takes: a kind, then the names of that kind. */

import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { namesOfKind } from "../command/candidates.ts";
import type { CompletionRequest } from "../command/completer.ts";
import { KINDS, kindOf } from "./kinds.ts";

export async function completeAsked(request: CompletionRequest): Promise<readonly string[]> {
  const [word, ...more] = request.args;
  if (word === undefined) return Object.keys(KINDS);
  const kind = kindOf(word);
  if (kind === undefined || more.length > 0) return [];
  return namesOfKind(KINDS[kind].resource as Resource<KubeObject>)(request);
}
