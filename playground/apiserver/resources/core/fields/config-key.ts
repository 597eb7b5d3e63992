/** Keys of ConfigMaps and Secrets, and of references to them. Kubernetes: apimachinery/pkg/util/validation (IsConfigMapKey) */
import { type FieldError, invalid } from "#machinery/field-error.ts";

const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_MESSAGE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

export function validateConfigKey(key: string, field: string): FieldError[] {
  return KEY.test(key) ? [] : [invalid(field, key, KEY_MESSAGE)];
}
