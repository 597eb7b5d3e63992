/**
 * A CRD's schema, written once: the static type, the OpenAPI schema and thereby the CRD manifest come from it.
 * Fields are optional unless wrapped in `required`, as in Go types with `omitempty`.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A schema and the static type of what it describes. */
export interface Schema<T> {
  readonly json: JsonSchema;
  readonly isRequired: boolean;
  /** Only carries the type; never present at run time. */
  readonly _type?: T;
}

export interface RequiredSchema<T> extends Schema<T> {
  readonly isRequired: true;
}

export type Static<S> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type RequiredNames<F extends Fields> = { [K in keyof F]: F[K] extends RequiredSchema<unknown> ? K : never }[keyof F];
export type ObjectOf<F extends Fields> = { [K in RequiredNames<F>]: Static<F[K]> } & {
  [K in Exclude<keyof F, RequiredNames<F>>]?: Static<F[K]>;
};

export interface Validation {
  readonly rule: string;
  readonly message: string;
}

export function required<T>(schema: Schema<T>): RequiredSchema<T> {
  return { ...schema, isRequired: true };
}

/** The schema with further OpenAPI keywords: default, minimum, x-kubernetes-…. */
function extend<T>(schema: Schema<T>, keywords: JsonSchema): Schema<T> {
  return { ...schema, json: { ...schema.json, ...keywords } };
}

export function rules<T>(schema: Schema<T>, ...validations: readonly Validation[]): Schema<T> {
  return extend(schema, { "x-kubernetes-validations": validations });
}

export function string(keywords: JsonSchema = {}): Schema<string> {
  return of({ type: "string", ...keywords });
}

export function oneOf<const V extends readonly string[]>(values: V, keywords: JsonSchema = {}): Schema<V[number]> {
  return of({ type: "string", enum: values, ...keywords });
}

export function boolean(keywords: JsonSchema = {}): Schema<boolean> {
  return of({ type: "boolean", ...keywords });
}

export function integer(format?: "int32" | "int64", keywords: JsonSchema = {}): Schema<number> {
  return of({ type: "integer", ...(format !== undefined && { format }), ...keywords });
}

export function array<T>(items: Schema<T>, keywords: JsonSchema = {}): Schema<T[]> {
  return of({ type: "array", items: items.json, ...keywords });
}

export function map<T>(values: Schema<T>): Schema<Record<string, T>> {
  return of({ type: "object", additionalProperties: values.json });
}

export function object<const F extends Fields>(fields: F, keywords: JsonSchema = {}): Schema<ObjectOf<F>> {
  const names = Object.keys(fields);
  const needed = names.filter((name) => fields[name]?.isRequired === true);
  return of({
    type: "object",
    ...(names.length > 0 && { properties: Object.fromEntries(names.map((name) => [name, fields[name]?.json])) }),
    ...(needed.length > 0 && { required: needed.sort() }),
    ...keywords,
  });
}

/** Anything below is kept as it is. */
export function freeForm(): Schema<Record<string, unknown>> {
  return of({ type: "object", "x-kubernetes-preserve-unknown-fields": true });
}

/** A type of Kubernetes itself, such as `core/v1.PodSpec`: filled in when the manifests are generated. */
export function builtin<T>(type: BuiltinType): Schema<T> {
  return of({ $builtin: type });
}

/** The same, and what a newer Kubernetes knows besides is kept, at any depth. */
export function openBuiltin<T>(type: BuiltinType): Schema<T> {
  return of({ $builtin: type, $open: true });
}

type BuiltinType = `${string}/${string}.${string}`;

function of<T>(json: JsonSchema): Schema<T> {
  return { json, isRequired: false };
}
