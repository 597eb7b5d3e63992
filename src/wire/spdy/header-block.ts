/**
 * SPDY/3 header blocks: name/value pairs, compressed with one zlib stream per direction and a preset dictionary.
 * SPDY/3 §2.6.10. Each block ends with a sync flush, so that it can be read before the stream goes on.
 */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";

export type SpdyHeaders = Readonly<Record<string, string>>;

const WORDS =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status".split(
    " ",
  );
const MORE_WORDS = ["200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"];
const TAIL =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** SPDY/3 §2.6.10.1: each word after its length, then a tail without structure. */
export const DICTIONARY: Buffer = Buffer.concat([
  ...[...WORDS, ...MORE_WORDS].map((word) => lengthPrefixed(word)),
  Buffer.from(TAIL, "latin1"),
]);

/** Headers larger than this are an attack, not a header. */
const MAX_BLOCK_BYTES = 1 << 20;

export class HeaderCompressor {
  readonly #deflate: Deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });

  compress(headers: SpdyHeaders): Promise<Buffer> {
    return transform(this.#deflate, encodeHeaders(headers));
  }

  close(): void {
    this.#deflate.destroy();
  }
}

export class HeaderDecompressor {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });

  async decompress(block: Buffer): Promise<SpdyHeaders> {
    return decodeHeaders(await transform(this.#inflate, block));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

export function encodeHeaders(headers: SpdyHeaders): Buffer {
  const pairs = Object.entries(headers);
  const parts = pairs.flatMap(([name, value]) => [lengthPrefixed(name.toLowerCase()), lengthPrefixed(value)]);
  return Buffer.concat([uint32(pairs.length), ...parts]);
}

/** Throws a RangeError on a block that is cut or lies about its lengths. Names come out in lower case. */
export function decodeHeaders(block: Buffer): SpdyHeaders {
  let offset = 0;
  const readLength = (): number => {
    const length = block.readUInt32BE(offset);
    offset += 4;
    return length;
  };
  const readText = (): string => {
    const length = readLength();
    if (offset + length > block.length) throw new RangeError("decode SPDY headers: a value reaches past the block");
    offset += length;
    return block.toString("utf8", offset - length, offset);
  };
  const count = readLength();
  const headers: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const name = readText().toLowerCase();
    headers[name] = readText();
  }
  return headers;
}

/** One write gives all its output before the callback of the flush. */
function transform(stream: Deflate | Inflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BLOCK_BYTES) stream.destroy(new RangeError("decode SPDY headers: the block is too large"));
    };
    const settle = (error?: Error | null): void => {
      stream.off("data", collect);
      stream.off("error", settle);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    };
    stream.on("data", collect);
    stream.on("error", settle);
    stream.write(input, (error) => {
      if (error) settle(error);
      else stream.flush(constants.Z_SYNC_FLUSH, () => settle());
    });
  });
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
