/** SPDY/3.1 frames, header blocks still compressed. SPDY/3.1 §2.2, §2.6. Bytes in, values out. */
export type SpdyFrame =
  | { readonly type: "data"; readonly stream: number; readonly fin: boolean; readonly payload: Buffer }
  | {
      readonly type: "syn-stream";
      readonly stream: number;
      readonly fin: boolean;
      readonly unidirectional: boolean;
      readonly block: Buffer;
    }
  | { readonly type: "syn-reply" | "headers"; readonly stream: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: "rst-stream"; readonly stream: number; readonly status: number }
  | { readonly type: "settings"; readonly values: readonly { readonly id: number; readonly value: number }[] }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goaway"; readonly lastStream: number; readonly status: number }
  | { readonly type: "window-update"; readonly stream: number; readonly delta: number };

const HEADER_BYTES = 8;
const VERSION = 3;
const CONTROL_BIT = 0x8000;
const ID_MASK = 0x7fffffff;
const FLAG_FIN = 1;
const FLAG_UNIDIRECTIONAL = 2;
/** Control frames hold a block of headers at most. Data frames may have all the 2^24-1 bytes that their length can say: client-go writes a buffer at once. */
const MAX_CONTROL_BYTES = 1 << 20;

const CODES = {
  "syn-stream": 1,
  "syn-reply": 2,
  "rst-stream": 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  "window-update": 9,
} as const;

export function encodeFrame(frame: SpdyFrame): Buffer {
  switch (frame.type) {
    case "data": {
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32BE(frame.stream & ID_MASK, 0);
      header.writeUInt32BE(frame.payload.length, 4);
      header.writeUInt8(frame.fin ? FLAG_FIN : 0, 4);
      return Buffer.concat([header, frame.payload]);
    }
    case "syn-stream": {
      const flags = (frame.fin ? FLAG_FIN : 0) | (frame.unidirectional ? FLAG_UNIDIRECTIONAL : 0);
      return control(CODES[frame.type], flags, [uint32s(frame.stream, 0), Buffer.alloc(2), frame.block]);
    }
    case "syn-reply":
    case "headers":
      return control(CODES[frame.type], frame.fin ? FLAG_FIN : 0, [uint32s(frame.stream), frame.block]);
    case "rst-stream":
      return control(CODES[frame.type], 0, [uint32s(frame.stream, frame.status)]);
    case "settings":
      return control(CODES[frame.type], 0, [
        uint32s(frame.values.length, ...frame.values.flatMap(({ id, value }) => [id, value])),
      ]);
    case "ping":
      return control(CODES[frame.type], 0, [uint32s(frame.id)]);
    case "goaway":
      return control(CODES[frame.type], 0, [uint32s(frame.lastStream, frame.status)]);
    case "window-update":
      return control(CODES[frame.type], 0, [uint32s(frame.stream, frame.delta)]);
  }
}

/** Cuts a byte stream into frames. Throws a RangeError on what is not SPDY/3; frames of unknown types are skipped. */
export class FrameDecoder {
  /** What came of the frame that is not complete, joined only when it is: small pieces of a large frame would be copied for each. */
  #pieces: Buffer[] = [];
  #received = 0;
  #needed = HEADER_BYTES;

  push(chunk: Buffer): SpdyFrame[] {
    this.#pieces.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return [];
    let bytes = Buffer.concat(this.#pieces, this.#received);
    const frames: SpdyFrame[] = [];
    this.#needed = HEADER_BYTES;
    while (bytes.length >= HEADER_BYTES) {
      this.#needed = sizeOf(bytes);
      if (bytes.length < this.#needed) break;
      const frame = decodeFrame(bytes.subarray(0, this.#needed));
      if (frame !== undefined) frames.push(frame);
      bytes = bytes.subarray(this.#needed);
      this.#needed = HEADER_BYTES;
    }
    this.#pieces = bytes.length === 0 ? [] : [bytes];
    this.#received = bytes.length;
    return frames;
  }
}

/** Of the whole frame, from its header. */
function sizeOf(bytes: Buffer): number {
  const word = bytes.readUInt16BE(0);
  checkVersion(word);
  const length = bytes.readUIntBE(5, 3);
  if ((word & CONTROL_BIT) !== 0 && length > MAX_CONTROL_BYTES)
    throw new RangeError(`decode SPDY frame: ${length} bytes are too many`);
  return HEADER_BYTES + length;
}

function decodeFrame(bytes: Buffer): SpdyFrame | undefined {
  const flags = bytes.readUInt8(4);
  const fin = (flags & FLAG_FIN) !== 0;
  const body = bytes.subarray(HEADER_BYTES);
  const word = bytes.readUInt16BE(0);
  if ((word & CONTROL_BIT) === 0) return { type: "data", stream: bytes.readUInt32BE(0), fin, payload: body };
  const id = (offset: number): number => body.readUInt32BE(offset) & ID_MASK;
  switch (bytes.readUInt16BE(2)) {
    case CODES["syn-stream"]:
      if (body.length < 10) throw new RangeError("decode SPDY frame: SYN_STREAM is cut");
      return {
        type: "syn-stream",
        stream: id(0),
        fin,
        unidirectional: (flags & FLAG_UNIDIRECTIONAL) !== 0,
        block: body.subarray(10),
      };
    case CODES["syn-reply"]:
      return { type: "syn-reply", stream: id(0), fin, block: body.subarray(4) };
    case CODES.headers:
      return { type: "headers", stream: id(0), fin, block: body.subarray(4) };
    case CODES["rst-stream"]:
      return { type: "rst-stream", stream: id(0), status: body.readUInt32BE(4) };
    case CODES.settings:
      return { type: "settings", values: decodeSettings(body) };
    case CODES.ping:
      return { type: "ping", id: body.readUInt32BE(0) };
    case CODES.goaway:
      return { type: "goaway", lastStream: id(0), status: body.readUInt32BE(4) };
    case CODES["window-update"]:
      return { type: "window-update", stream: id(0), delta: id(4) };
    default:
      return undefined;
  }
}

function checkVersion(word: number): void {
  const version = word & ~CONTROL_BIT;
  if ((word & CONTROL_BIT) !== 0 && version !== VERSION) {
    throw new RangeError(`decode SPDY frame: version ${version} is not 3`);
  }
}

function decodeSettings(body: Buffer): { id: number; value: number }[] {
  const count = body.readUInt32BE(0);
  if (body.length < 4 + count * 8) throw new RangeError("decode SPDY frame: SETTINGS is cut");
  // The first byte of an id holds flags about keeping the value, which nothing here does.
  return Array.from({ length: count }, (_, i) => ({
    id: body.readUIntBE(5 + i * 8, 3),
    value: body.readUInt32BE(8 + i * 8),
  }));
}

function control(code: number, flags: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(CONTROL_BIT | VERSION, 0);
  header.writeUInt16BE(code, 2);
  header.writeUInt32BE(body.length, 4);
  header.writeUInt8(flags, 4);
  return Buffer.concat([header, body]);
}

function uint32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, i * 4);
  });
  return bytes;
}
