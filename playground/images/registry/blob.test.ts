import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { fetchBlob } from "./blob.ts";
import type { CurlAnswer } from "./curl.ts";
import { RegistryError } from "./registry-error.ts";

const folder = mkdtempSync(join(tmpdir(), "blob-test-"));
after(() => rmSync(folder, { recursive: true }));

const ctx = { signal: new AbortController().signal, log: silentLogger };
const BLOB = Buffer.from("0123456789");
const DIGEST = `sha256:${createHash("sha256").update(BLOB).digest("hex")}`;
// Whatever waits has waited already.
const clock = {
  epochMs: () => 0,
  nowMs: () => 0,
  after: (_: number, run: () => void) => {
    setImmediate(run);
    return () => undefined;
  },
};

interface Given {
  readonly status: number;
  readonly body?: string;
  readonly range?: string;
  readonly isCut?: boolean;
}

function answerOf({ status, body = "", range, isCut = false }: Given): CurlAnswer {
  return {
    status,
    headers: new Map(range === undefined ? [] : [["content-range", range]]),
    body: (async function* () {
      yield Buffer.from(body);
      if (isCut) throw new RegistryError("cut", "unexpected EOF");
    })(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What is asked for, when these are the answers; the last one is given for ever. */
async function fetched(name: string, answers: readonly Given[], had = ""): Promise<string[]> {
  const asked: string[] = [];
  const [path, partial] = [join(folder, name), join(folder, `${name}.partial`)];
  if (had !== "") writeFileSync(partial, had);
  const get = async (_: unknown, what: string, headers: Readonly<Record<string, string>> = {}): Promise<CurlAnswer> => {
    assert.equal(what, `blobs/${DIGEST}`);
    asked.push(headers["range"] ?? "all");
    return answerOf(answers[asked.length - 1] ?? answers.at(-1) ?? { status: 500 });
  };
  const options = { client: { get }, clock, digest: DIGEST, sizeBytes: BLOB.length, partial, path };
  const failure = await fetchBlob(ctx, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined) throw Object.assign(failure as Error, { asked });
  assert.deepEqual(readFileSync(path), BLOB);
  assert.equal(existsSync(partial), false);
  return asked;
}

const rest = (from: number): Given => ({ status: 206, body: "0123456789".slice(from), range: `bytes ${from}-9/10` });
const whole = { status: 200, body: "0123456789" };

for (const [name, given, had, asked] of [
  ["all at once", [whole], "", ["all"]],
  ["a part is there", [rest(4)], "0123", ["bytes=4-"]],
  ["all is there, and was not renamed", [], "0123456789", []],
  [
    "it is cut twice",
    [{ ...whole, body: "01", isCut: true }, { ...rest(2), body: "23", isCut: true }, rest(4)],
    "",
    ["all", "bytes=2-", "bytes=4-"],
  ],
  ["an answer ends too early", [{ ...whole, body: "012" }, rest(3)], "", ["all", "bytes=3-"]],
  ["the registry knows no ranges", [whole], "0123", ["bytes=4-"]],
  ["the registry gives another range", [{ ...rest(4), range: "bytes 0-5/10" }, whole], "0123", ["bytes=4-", "all"]],
  ["the registry refuses to go on", [{ status: 416 }, whole], "0123", ["bytes=4-", "all"]],
  ["the part is corrupt", [rest(4), whole], "XXXX", ["bytes=4-", "all"]],
  ["the part is too long", [whole], "01234567890", ["all"]],
  ["the registry is not well for a moment", [{ status: 503 }, whole], "", ["all", "all"]],
] as const) {
  test(`a blob is complete when ${name}`, async () => {
    assert.deepEqual(await fetched(name, given, had), asked);
  });
}

for (const [name, given, had, reason, says, times] of [
  [
    "it is cut without getting on",
    [{ ...whole, body: "01", isCut: true }],
    "012",
    "cut",
    /unexpected EOF \(3 of 10/,
    3,
  ],
  [
    "the registry has another blob",
    [{ ...whole, body: "9876543210" }],
    "",
    "wrong-bytes",
    /Digest did not match, expected sha256:84d8/,
    1,
  ],
  [
    "it is another blob in the end, too",
    [rest(4), { ...whole, body: "9876543210" }],
    "XXXX",
    "wrong-bytes",
    /Digest did/,
    2,
  ],
  [
    "it is longer than its manifest says",
    [{ ...whole, body: "0123456789+" }],
    "",
    "wrong-bytes",
    /more than the 10 bytes/,
    1,
  ],
  ["the registry has none", [{ status: 404 }], "", "refused", /answers 404/, 1],
  ["the registry never gets well", [{ status: 503 }], "", "cut", /answers 503 \(0 of 10/, 3],
] as const) {
  test(`no blob when ${name}, and of wrong bytes nothing stays`, async () => {
    await assert.rejects(fetched(name, given, had), (error: RegistryError & { asked: string[] }) => {
      assert.deepEqual([error.reason, error.asked.length], [reason, times]);
      assert.match(error.message, says);
      return true;
    });
    assert.equal(existsSync(join(folder, name)), false);
    if (reason === "wrong-bytes") assert.equal(existsSync(join(folder, `${name}.partial`)), false);
  });
}
