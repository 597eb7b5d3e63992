/** DER, as far as certificates need it: values to bytes and back. ITU-T X.690 §8, §10 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly bytes: Buffer;
}

/** `[n] IMPLICIT` of a primitive value; `contextual` of a constructed one, or `[n] EXPLICIT`. */
export const primitive = (n: number): number => 0x80 | n;
export const contextual = (n: number): number => 0xa0 | n;

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => encode(TAG.sequence, ...parts);

/** Not negative; big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return encode(TAG.integer, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** @param unusedBits At the end of the last byte. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return encode(TAG.bitString, Buffer.from([unusedBits]), bytes);
}

/** @param dotted Such as `2.5.4.3`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(TAG.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime from then on. */
export function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050
    ? encode(TAG.utcTime, Buffer.from(text.slice(2)))
    : encode(TAG.generalizedTime, Buffer.from(text));
}

/** The one value that the bytes hold. Throws a RangeError when they hold less or more. */
export function decode(bytes: Buffer): Der {
  const [value, ...rest] = decodeAll(bytes);
  if (value === undefined || rest.length > 0) throw new RangeError("decode DER: not exactly one value");
  return value;
}

/** The values that a constructed one consists of. */
export function partsOf(value: Der | undefined): Der[] {
  return value === undefined ? [] : decodeAll(value.content);
}

function decodeAll(bytes: Buffer): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, length } = decodeHeader(bytes, at);
    if (start + length > bytes.length) throw new RangeError("decode DER: a value is longer than what holds it");
    const content = bytes.subarray(start, start + length);
    values.push({ tag: bytes.readUInt8(at), content, bytes: bytes.subarray(at, start + length) });
    at = start + length;
  }
  return values;
}

function decodeHeader(bytes: Buffer, at: number): { start: number; length: number } {
  const short = bytes.readUInt8(at + 1);
  if (short < 0x80) return { start: at + 2, length: short };
  const size = short & 0x7f;
  // No certificate is longer than 2^32; a length of no bytes would be BER's indefinite form.
  if (size === 0 || size > 4) throw new RangeError("decode DER: a length is not that of DER");
  return { start: at + 2 + size, length: bytes.readUIntBE(at + 2, size) };
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.from(length.toString(16).padStart(8, "0"), "hex");
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([0x80 | significant.length]), significant]);
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
