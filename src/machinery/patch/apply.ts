import type { KubeObject } from "../meta.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldWriter } from "./managed-fields.ts";
import { applyMergePatch } from "./merge-patch.ts";
export interface ApplyInput {
  readonly schema: Schema | undefined;
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly force: boolean;
  readonly writer: FieldWriter;
}
export function applyObject(input: ApplyInput): KubeObject {
  return applyMergePatch(structuredClone(input.live ?? {}), input.applied) as KubeObject;
}
