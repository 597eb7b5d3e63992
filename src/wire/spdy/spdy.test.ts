import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import { encodeFrame, FrameDecoder, type SpdyFrame } from "./frame.ts";
import { DICTIONARY, decodeHeaders, encodeHeaders, HeaderCompressor, HeaderDecompressor } from "./header-block.ts";
import { SpdySession, type SpdyStream } from "./session.ts";

const FRAMES: readonly SpdyFrame[] = [
  { type: "syn-stream", stream: 1, fin: false, unidirectional: false, block: Buffer.from("block") },
  { type: "syn-reply", stream: 1, fin: true, block: Buffer.from("x") },
  { type: "data", stream: 1, fin: true, payload: Buffer.from("hello") },
  { type: "headers", stream: 3, fin: false, block: Buffer.alloc(0) },
  { type: "rst-stream", stream: 3, status: 5 },
  { type: "settings", values: [{ id: 4, value: 1000 }] },
  { type: "ping", id: 7 },
  { type: "goaway", lastStream: 9, status: 0 },
  { type: "window-update", stream: 1, delta: 65536 },
];

test("frames survive a round trip whichever way the bytes are cut", () => {
  const bytes = Buffer.concat(FRAMES.map(encodeFrame));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new FrameDecoder();
    assert.deepEqual([...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut))], FRAMES);
  }
});

test("a truncated frame gives nothing and garbage is refused", () => {
  const bytes = encodeFrame({ type: "data", stream: 1, fin: false, payload: Buffer.from("hello") });
  for (let cut = 0; cut < bytes.length; cut++) assert.deepEqual(new FrameDecoder().push(bytes.subarray(0, cut)), []);
  assert.throws(() => new FrameDecoder().push(Buffer.from("ffff0001000000040000", "hex")), /version 32767 is not 3/);
  assert.throws(() => new FrameDecoder().push(Buffer.from("80030001000000020000", "hex")), /SYN_STREAM is cut/);
});

test("header blocks start as every SPDY/3 implementation's do, and build on each other", async () => {
  assert.equal(DICTIONARY.length, 1423);
  const compressor = new HeaderCompressor();
  const decompressor = new HeaderDecompressor();
  const first = await compressor.compress({ streamType: "stdin" });
  // CMF, FLG with FDICT, then the Adler-32 of the dictionary, which the SPDY/3 draft fixes.
  assert.equal(first.subarray(1, 6).toString("hex").slice(2), "e3c6a7c2");
  assert.deepEqual(await decompressor.decompress(first), { streamtype: "stdin" });
  for (const port of ["80", "443"]) {
    const block = await compressor.compress({ streamType: "data", port, requestID: "0" });
    assert.deepEqual(await decompressor.decompress(block), { streamtype: "data", port, requestid: "0" });
  }
  await assert.rejects(decompressor.decompress(Buffer.from("garbage that is no zlib")));
});

test("a header block that lies about its lengths is refused at each truncation", () => {
  const block = encodeHeaders({ a: "1", b: "2" });
  for (let cut = 0; cut < block.length; cut++) assert.throws(() => decodeHeaders(block.subarray(0, cut)), RangeError);
});

test("streams carry both directions, half-close and reset", async () => {
  const [a, b] = duplexPair();
  const accepted: SpdyStream[] = [];
  await using server = new SpdySession(b, {
    role: "server",
    onStream: (stream) => {
      accepted.push(stream);
      if (stream.headers.streamtype === "echo") stream.pipe(stream);
      if (stream.headers.streamtype === "refuse") stream.destroy();
    },
  });
  await using client = new SpdySession(a, { role: "client" });
  const big = "x".repeat(200_000);
  const echo = await client.open({ streamType: "echo" });
  echo.end(big);
  assert.equal(await text(echo), big);
  const refused = await client.open({ streamType: "refuse" });
  await finished(refused).catch(() => undefined);
  assert.equal(refused.destroyed, true);
  assert.equal(accepted.length, 2);
  assert.ok(server.closed instanceof Promise);
});
