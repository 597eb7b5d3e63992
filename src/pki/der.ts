/**
 * Reads DER one element at a time: enough to look at the very bytes that somebody else's parser will see. X.690 §8.1, §10
 * Used where a reading that another implementation does not share would be a hole.
 */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements that the bytes consist of, all of them. Throws a TypeError on anything that DER does not allow. */
export function derElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = byteAt(bytes, at);
    if ((tag & 0x1f) === 0x1f) throw new TypeError("read DER: tags of several bytes are not expected here");
    const { length, headBytes } = lengthAt(bytes, at + 1);
    const start = at + 1 + headBytes;
    if (start + length > bytes.length) throw new TypeError("read DER: an element is longer than what holds it");
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** As derElements for the content of an element that must have this tag. */
export function derChildren(element: DerElement | undefined, tag: number): DerElement[] {
  if (element?.tag !== tag) throw new TypeError(`read DER: found tag ${element?.tag ?? "none"}, expected ${tag}`);
  return derElements(element.content);
}

function lengthAt(bytes: Buffer, at: number): { readonly length: number; readonly headBytes: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, headBytes: 1 };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new TypeError("read DER: the length is not definite, or too long");
  let length = 0;
  for (let i = 1; i <= size; i++) length = length * 256 + byteAt(bytes, at + i);
  const isMinimal = length >= 0x80 && byteAt(bytes, at + 1) !== 0;
  if (!isMinimal) throw new TypeError("read DER: the length is not the shortest form");
  return { length, headBytes: 1 + size };
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new TypeError("read DER: the bytes end within an element");
  return byte;
}
