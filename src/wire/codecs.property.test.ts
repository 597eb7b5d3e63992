/** What peers may send over the streams of exec, attach, port-forward and logs. */
import assert from "node:assert/strict";
import { duplexPair, Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  array,
  boolean,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  nat,
  oneof,
  sample,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { forAll, objects, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { decodeCriLogLine, encodeCriLogLine } from "./cri-log.ts";
import type { TerminalSize } from "./remote-command/exec-streams.ts";
import { decodeSizes, encodeSize } from "./remote-command/resize.ts";
import { decodeStatus, encodeStatus } from "./remote-command/status.ts";
import { requestUrl } from "./request-url.ts";
import { readShortText } from "./short-text.ts";
import { encodeFrame, FrameDecoder, type SpdyFrame } from "./spdy/frame.ts";
import { decodeHeaders, encodeHeaders, HeaderCompressor } from "./spdy/header-block.ts";
import { SpdySession, type SpdyStream } from "./spdy/session.ts";

const isRangeError = (error: unknown): boolean => error instanceof RangeError;
const bytes = uint8Array({ maxLength: 100 }).map((value) => Buffer.from(value));
const id = integer({ min: 1, max: 0x7fffffff });

test("SPDY frames of any content, cut anywhere, come out as they went in", () => {
  const frame = oneof(
    objects({ type: constantFrom("data" as const), stream: id, fin: boolean(), payload: bytes }),
    objects({ type: constantFrom("syn-reply" as const, "headers" as const), stream: id, fin: boolean(), block: bytes }),
    objects({ type: constantFrom("rst-stream" as const), stream: id, status: nat() }),
    objects({ type: constantFrom("ping" as const), id: nat() }),
  );
  forAll(tuple(array(frame, { maxLength: 5 }), array(nat(60), { maxLength: 20 })), ([frames, cuts]) => {
    const whole = Buffer.concat((frames as SpdyFrame[]).map(encodeFrame));
    const decoder = new FrameDecoder();
    const seen: SpdyFrame[] = [];
    let at = 0;
    for (const length of [...cuts, whole.length]) {
      seen.push(...decoder.push(whole.subarray(at, at + length)));
      at += length;
    }
    assert.deepEqual(seen, frames);
  });
});

test("whatever the bytes, they are frames or header blocks or a RangeError", () => {
  forAll(bytes, (value) => parseOrRefuse((part) => new FrameDecoder().push(part), value, isRangeError), 300);
  forAll(bytes, (value) => parseOrRefuse(decodeHeaders, value, isRangeError), 300);
  const control = tuple(nat(12), bytes).map(([type, body]) =>
    Buffer.concat([Buffer.of(0x80, 3, 0, type, 0, 0, 0, body.length), body]),
  );
  forAll(control, (value) => parseOrRefuse((part) => new FrameDecoder().push(part), value, isRangeError), 300);
});

test("headers come out as they went in", () => {
  const name = string({ unit: constantFrom(..."abc-é"), minLength: 1 });
  forAll(dictionary(name, string()), (headers) => {
    const wellFormed = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.toWellFormed()]));
    assert.deepEqual(decodeHeaders(encodeHeaders(wellFormed)), { ...wellFormed });
  });
});

test("a large frame in small pieces is joined once, and a control frame that says it is large is refused", () => {
  const frame = encodeFrame({ type: "data", stream: 1, fin: true, payload: Buffer.alloc(8 << 20) });
  takesAtMost(2_000, () => {
    const decoder = new FrameDecoder();
    let count = 0;
    for (let at = 0; at < frame.length; at += 256) count += decoder.push(frame.subarray(at, at + 256)).length;
    assert.equal(count, 1);
  });
  assert.throws(() => new FrameDecoder().push(Buffer.from("8003000200ffffff", "hex")), /16777215 bytes are too many/);
});

test("a stream that nobody reads stops the connection, whatever other streams do", async () => {
  const [a, b] = duplexPair();
  const opened: SpdyStream[] = [];
  await using server = new SpdySession(b, { role: "server", onStream: (stream) => opened.push(stream) });
  await using client = new SpdySession(a, { role: "client" });
  const slow = await client.open({ streamType: "slow" });
  const quick = await client.open({ streamType: "quick" });
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let i = 0; i < 200 && !isSo(); i++) await delay(5);
    assert.ok(isSo());
  };
  await until(() => opened.length === 2);
  opened[1]?.resume();
  for (let i = 0; i < 400; i++) {
    slow.write(Buffer.alloc(32_768));
    quick.write("x");
  }
  await delay(100);
  assert.ok((opened[0]?.readableLength ?? 0) < 4 << 20, `${opened[0]?.readableLength} bytes are held`);
  opened[0]?.resume();
  slow.end();
  quick.end();
  await until(() => opened.every((stream) => stream.readableEnded));
  for (const stream of opened) stream.end();
  assert.ok(server.closed instanceof Promise);
});

test("of streams without end the first thousands are taken", async () => {
  const [a, b] = duplexPair();
  let count = 0;
  await using server = new SpdySession(b, { role: "server", onStream: () => count++ });
  const compressor = new HeaderCompressor();
  a.resume();
  for (let stream = 1; stream < 10_000; stream += 2) {
    const block = await compressor.compress({ a: "b" });
    a.write(encodeFrame({ type: "syn-stream", stream, fin: false, unidirectional: false, block }));
  }
  for (let before = -1; count !== before; await delay(200)) before = count;
  assert.equal(count, 4_096);
  compressor.close();
  a.end();
  assert.ok(server.closed instanceof Promise);
});

test("a status comes out as it went in, and anything else is none or a failure without a code", () => {
  forAll(nat(255), (exitCode) => assert.deepEqual(decodeStatus(encodeStatus({ exitCode })), { exitCode }));
  forAll(string(), (error) =>
    assert.deepEqual(decodeStatus(encodeStatus({ error })), { error, reason: "InternalError", code: 500 }),
  );
  const part = oneof(jsonValue({ maxDepth: 2 }), constantFrom("Failure", "Success", "NonZeroExitCode"));
  const details = objects({ causes: oneof(part, array(oneof(part, objects({ reason: part, message: part })))) });
  const status = objects({ status: part, reason: part, message: part, code: part, details: oneof(part, details) });
  forAll(
    oneof(
      string(),
      status.map((value) => JSON.stringify(value)),
    ),
    (text) => void decodeStatus(text),
    400,
  );
});

test("terminal sizes come out as they went in, and anything else ends them", async () => {
  const size = objects({ width: nat(0xffff), height: nat(0xffff) });
  for (const sizes of sample(array(size, { maxLength: 5 }), { numRuns: 30 })) {
    const stream = Readable.from([Buffer.from(sizes.map(encodeSize).join(""))]);
    assert.deepEqual(await allSizes(stream), sizes);
  }
  const odd = [
    '{"Width":-1,"Height":1}',
    '{"Width":1e9,"Height":1}',
    "null}",
    "x".repeat(100_000),
    "{".repeat(100_000),
  ];
  for (const text of [...odd, ...sample(string(), { numRuns: 50 })])
    assert.deepEqual(await allSizes(Readable.from([Buffer.from(text)])), []);
});

test("of a text without end the beginning is kept", async () => {
  const text = await readShortText(Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(10_000, "x"))));
  assert.equal(text, "x".repeat(65_536));
});

test("log lines come out as they went in, and anything else is none", () => {
  const line = objects({
    time: constantFrom("2026-01-02T03:04:05.678901234Z", "2026-01-02T03:04:05+01:00"),
    stream: constantFrom("stdout" as const, "stderr" as const),
    final: boolean(),
    text: string().map((value) => value.replaceAll("\n", "")),
  });
  forAll(line, (value) => assert.deepEqual(decodeCriLogLine(encodeCriLogLine(value)), value));
  forAll(string({ unit: constantFrom(..."2026-T:Z FP\n", "stdout") }), (text) => void decodeCriLogLine(text), 300);
  for (const text of [
    "2".repeat(100_000),
    " ".repeat(100_000),
    `2026-01-02T03:04:05Z stdout F:${":".repeat(100_000)}\n\n`,
  ])
    takesAtMost(1_000, () => decodeCriLogLine(text));
});

test("whatever the target of a request, it is a URL of this server or none", () => {
  forAll(oneof(string(), string({ unit: constantFrom(..."/?#:@%[]\\.*", "http:") })), (text) => {
    const url = requestUrl(text);
    assert.ok(url === undefined || url.host === "server");
  });
  assert.equal(requestUrl("//")?.pathname, "//");
  assert.equal(requestUrl("http://elsewhere/pods"), undefined);
});

async function allSizes(stream: Readable): Promise<TerminalSize[]> {
  const sizes: TerminalSize[] = [];
  for await (const size of decodeSizes(stream)) sizes.push(size);
  return sizes;
}
