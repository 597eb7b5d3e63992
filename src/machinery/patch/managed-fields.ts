/** Stub until the field sets exist. */
import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import type { Schema } from "../schema/schema.ts";

export interface FieldWriter {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

export function trackUpdate(
  _schema: Schema | undefined,
  previous: KubeObject | undefined,
  _next: KubeObject,
  _writer: FieldWriter,
): ManagedFieldsEntry[] {
  return previous?.metadata?.managedFields ?? [];
}

export function sameManagedFields(_a: readonly ManagedFieldsEntry[], _b: readonly ManagedFieldsEntry[]): boolean {
  return true;
}
