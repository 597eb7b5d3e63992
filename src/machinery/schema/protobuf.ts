/**
 * Built-in objects in Kubernetes' protobuf encoding, decoded to JSON: kubectl and client-go send typed objects so.
 * Only decoding: every such client accepts JSON in return.
 * Kubernetes: apimachinery/pkg/runtime/serializer/protobuf/protobuf.go; protobuf.dev/programming-guides/encoding
 */
import { MAX_DEPTH, parseJson, TOO_DEEP } from "#base/text/json.ts";
import type { JsonObject, Schema, WireField } from "./schema.ts";

const MAGIC = Buffer.from("k8s\0");

// The years that RFC 3339 can write.
const EARLIEST_MS = Date.parse("0000-01-01T00:00:00Z");
const END_MS = Date.UTC(10_000, 0, 1);

export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

interface WireValue {
  readonly number: number;
  /** Of varints and fixed-width numbers. */
  readonly scalar: bigint;
  /** Of length-delimited fields. */
  readonly bytes: Buffer | undefined;
}

/** The runtime.Unknown around an object. Throws RangeError on anything else. */
export function decodeEnvelope(body: Buffer): ProtobufEnvelope {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw new RangeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  let [apiVersion, kind, raw] = ["", "", Buffer.alloc(0)];
  for (const { number, bytes } of readFields(body.subarray(MAGIC.length))) {
    if (number === 2 && bytes !== undefined) raw = Buffer.from(bytes);
    if (number !== 1 || bytes === undefined) continue;
    for (const field of readFields(bytes)) {
      if (field.number === 1) apiVersion = field.bytes?.toString("utf8") ?? "";
      if (field.number === 2) kind = field.bytes?.toString("utf8") ?? "";
    }
  }
  return { apiVersion, kind, raw };
}

/** A message of the schema's type as JSON, without the zero values that Go's JSON leaves out. */
export function decodeMessage(bytes: Buffer, schema: Schema): JsonObject {
  return readMessage(bytes, schema, 0);
}

function readMessage(bytes: Buffer, schema: Schema, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new RangeError(TOO_DEEP);
  const result: JsonObject = {};
  readInto(result, bytes, { schema, wire: schema.wire ?? {}, depth });
  return result;
}

interface MessageType {
  readonly schema: Schema;
  readonly wire: Readonly<Record<string, WireField>>;
  readonly depth: number;
}

function readInto(result: JsonObject, bytes: Buffer, { schema, wire, depth }: MessageType): void {
  for (const value of readFields(bytes)) {
    const field = wire[value.number];
    if (field?.inline !== undefined && value.bytes !== undefined)
      readInto(result, value.bytes, { schema, wire: field.inline, depth });
    const name = field?.name;
    const type = name === undefined ? undefined : schema.properties?.[name];
    if (name === undefined || type === undefined) continue;
    if (type.type === "array") {
      result[name] ??= [];
      const list = result[name] as unknown[];
      for (const item of readItems(value, type.items ?? {}, depth)) list.push(item);
    } else if (type.type === "object" && type.additionalProperties !== undefined && type.properties === undefined) {
      result[name] ??= {};
      const map = result[name] as JsonObject;
      readEntry(map, value, {
        type: typeof type.additionalProperties === "object" ? type.additionalProperties : {},
        depth,
      });
    } else {
      const read = readValue(value, type, depth);
      if (field?.pointer === true ? read !== undefined : !isZero(read)) result[name] = read;
    }
  }
}

function isZero(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return !Array.isArray(value) && Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

function readItems(value: WireValue, items: Schema, depth: number): unknown[] {
  const isPacked = value.bytes !== undefined && (items.type === "integer" || items.type === "boolean");
  if (!isPacked || value.bytes === undefined) return [readValue(value, items, depth)];
  const reader = new Reader(value.bytes);
  const list: unknown[] = [];
  while (!reader.isAtEnd) list.push(readValue({ number: 0, scalar: reader.varint(), bytes: undefined }, items, depth));
  return list;
}

function readEntry(map: JsonObject, { bytes }: WireValue, { type, depth }: { type: Schema; depth: number }): void {
  let key = "";
  let value: unknown = type.type === "string" ? "" : undefined;
  for (const field of readFields(bytes ?? Buffer.alloc(0))) {
    if (field.number === 1) key = field.bytes?.toString("utf8") ?? "";
    if (field.number === 2) value = readValue(field, type, depth);
  }
  // Assigned, it would become the prototype of the map.
  if (key === "__proto__") throw new RangeError('key "__proto__" is not supported');
  if (value !== undefined) map[key] = value;
}

function readValue({ scalar, bytes = Buffer.alloc(0) }: WireValue, type: Schema, depth: number): unknown {
  if (type.format === "quantity") return decodeString(bytes, 1);
  if (type.format === "date-time") return readTime(bytes, type.goType === "MicroTime");
  if (type["x-kubernetes-int-or-string"] === true) return readIntOrString(bytes);
  switch (type.type) {
    case "string":
      return type.format === "byte" ? bytes.toString("base64") : bytes.toString("utf8");
    case "integer":
      return Number(BigInt.asIntN(64, scalar));
    case "number":
      return doubleOf(scalar);
    case "boolean":
      return scalar !== 0n;
    case "array":
      // A named list, such as ExtraValue: a message whose first field repeats.
      return readFields(bytes).flatMap((field) =>
        field.number === 1 ? readItems(field, type.items ?? {}, depth) : [],
      );
    case "object":
      if (type.wire === undefined) return readRaw(bytes);
      return type.wireChoice === true ? readChoice(bytes, type, depth + 1) : readMessage(bytes, type, depth + 1);
    default:
      return readRaw(bytes);
  }
}

function readChoice(bytes: Buffer, schema: Schema, depth: number): unknown {
  const fields = readMessage(bytes, schema, depth);
  const set = Object.values(schema.wire ?? {}).flatMap(({ name = "" }) => (Object.hasOwn(fields, name) ? [name] : []));
  return fields[set.at(-1) ?? ""] ?? false;
}

/** RawExtension, FieldsV1, JSON: a message whose first field is JSON text. */
function readRaw(bytes: Buffer): unknown {
  const raw = decodeString(bytes, 1);
  return raw === "" ? undefined : parseJson(raw);
}

function decodeString(bytes: Buffer, number: number): string {
  return (
    readFields(bytes)
      .find((field) => field.number === number)
      ?.bytes?.toString("utf8") ?? ""
  );
}

/** As Go writes it: Time in whole seconds, MicroTime always with six digits after them. Nothing at all is no time. */
function readTime(bytes: Buffer, hasMicros: boolean): string | undefined {
  let [seconds, nanos] = [0n, 0n];
  for (const field of readFields(bytes)) {
    if (field.number === 1) seconds = BigInt.asIntN(64, field.scalar);
    if (field.number === 2) nanos = BigInt.asIntN(64, field.scalar);
  }
  if (seconds === 0n && nanos === 0n) return undefined;
  const time = new Date(Number(seconds) * 1000);
  if (!(time.getTime() >= EARLIEST_MS && time.getTime() < END_MS))
    throw new RangeError("year outside of range [0,9999]");
  const whole = time.toISOString().slice(0, 19);
  if (!hasMicros) return `${whole}Z`;
  return `${whole}.${String(BigInt.asUintN(64, nanos) / 1000n)
    .padStart(6, "0")
    .slice(0, 6)}Z`;
}

function readIntOrString(bytes: Buffer): number | string {
  let [isText, number] = [false, 0];
  for (const field of readFields(bytes)) {
    if (field.number === 1) isText = field.scalar === 1n;
    if (field.number === 2) number = Number(BigInt.asIntN(64, field.scalar));
  }
  return isText ? decodeString(bytes, 3) : number;
}

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

function readFields(bytes: Buffer): WireValue[] {
  const reader = new Reader(bytes);
  const fields: WireValue[] = [];
  while (!reader.isAtEnd) fields.push(reader.field());
  return fields;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  field(): WireValue {
    const tag = Number(this.varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        return { number, scalar: this.varint(), bytes: undefined };
      case 1:
        return { number, scalar: this.#take(8).readBigUInt64LE(), bytes: undefined };
      case 2:
        return { number, scalar: 0n, bytes: this.#take(Number(this.varint())) };
      case 5:
        return { number, scalar: BigInt(this.#take(4).readUInt32LE()), bytes: undefined };
      default:
        throw new RangeError(`protobuf: illegal wireType ${tag & 7}`);
    }
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("protobuf: varint is too long");
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError("unexpected EOF");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
