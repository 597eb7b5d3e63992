/** Reads a tar archive as it comes: entry by entry, each with its body. Never holds more than a header and a chunk. */
import { LayerError } from "./layer-error.ts";
import { BLOCK, type Extended, entryOf, parseHeader, parsePax, type RawHeader, type TarEntry } from "./tar-header.ts";

// Names are 4 KiB and extended attributes 64 KiB at most where they come from.
const MOST_EXTENDED = 1024 * 1024;

export class TarReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  /** Of the present entry's body, with its padding. */
  #left = 0;
  #padding = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next entry; what is left of the present one's body is passed over. Undefined at the end. */
  async next(): Promise<TarEntry | undefined> {
    for await (const _chunk of this.body());
    let extended: Extended = {};
    for (;;) {
      const header = await this.#header();
      if (header === undefined) return undefined;
      const { flag } = header;
      if (flag === "g") await this.#extended(header);
      else if (flag === "x") extended = { ...extended, ...parsePax(await this.#extended(header)) };
      else if (flag === "L") extended = { path: withoutEnd(await this.#extended(header)), ...extended };
      else if (flag === "K") extended = { linkpath: withoutEnd(await this.#extended(header)), ...extended };
      else {
        const entry = entryOf(header, extended);
        this.#left = entry.size;
        this.#padding = paddingOf(entry.size);
        return entry;
      }
    }
  }

  /** The body of the present entry, or what is left of it. */
  async *body(): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const chunk = await this.#some(this.#left);
      this.#left -= chunk.length;
      yield chunk;
    }
    // umoci leaves the last one out, and the end of the archive too; Go's reader takes it.
    if (this.#padding > 0) await this.#exactly(this.#padding, "may end");
    this.#padding = 0;
  }

  /** What stands behind the end of the archive is read and dropped: its digest covers that too. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }

  async #header(): Promise<RawHeader | undefined> {
    const block = await this.#exactly(BLOCK, "may be absent");
    return block === undefined ? undefined : parseHeader(block);
  }

  async #extended({ size }: RawHeader): Promise<Buffer> {
    if (size > MOST_EXTENDED) throw new LayerError(`an extended header of ${size} bytes is too long`);
    const body = await this.#exactly(size);
    await this.#exactly(paddingOf(size));
    return body;
  }

  async #some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) throw new LayerError("the layer ends in the middle of a file");
      this.#rest = value;
    }
    const chunk = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  async #exactly(length: number): Promise<Buffer>;
  async #exactly(length: number, end: "may be absent" | "may end"): Promise<Buffer | undefined>;
  async #exactly(length: number, end?: string): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let have = 0;
    while (have < length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done === true && (end === "may end" || (have === 0 && end !== undefined))) return undefined;
        if (done === true) throw new LayerError("the layer ends in the middle of a header");
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, length - have);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      have += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
}

export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function withoutEnd(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString("latin1", 0, end < 0 ? body.length : end);
}
