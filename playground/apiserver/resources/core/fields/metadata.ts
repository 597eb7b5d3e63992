/** Labels and annotations of any object. Kubernetes: apimachinery/pkg/apis/meta/v1/validation, pkg/api/validation/objectmeta.go */
import { type FieldError, invalid, tooLong } from "#machinery/field-error.ts";
import { labelValue, qualifiedName } from "#machinery/names.ts";

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

interface Maps {
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

export function validateMetadataMaps(metadata: Maps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    errors.push(...qualifiedName(key).map((problem) => invalid(`${path}.labels`, key, problem)));
    errors.push(...labelValue(value).map((problem) => invalid(`${path}.labels`, value, problem)));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    errors.push(...qualifiedName(key.toLowerCase()).map((problem) => invalid(`${path}.annotations`, key, problem)));
    bytes += key.length + Buffer.byteLength(value);
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(`${path}.annotations`, MAX_ANNOTATIONS_BYTES));
  return errors;
}
