import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { screenOutput } from "./exec-refusal.ts";

const SAID =
  'time="2026-01-01T00:00:00Z" level=error msg="exec failed: unable to start container process: exec: \\"nope\\": executable file not found in $PATH"\n';

async function screened(text: string, exitCode: number): Promise<{ shown: string; refusal: string | undefined }> {
  const [source, target] = [new PassThrough(), new PassThrough()];
  const output = screenOutput(source, target);
  source.end(text);
  await once(source, "close");
  const refusal = output.refusal(exitCode);
  target.end();
  return { shown: (await target.toArray()).join(""), refusal };
}

test("what runc says of a command it could not start is its reason, not its output", async () => {
  const refusal = 'exec failed: unable to start container process: exec: "nope": executable file not found in $PATH';
  assert.deepEqual(await screened(SAID, 255), { shown: "", refusal });
});

test("the same words of a command that ran are its output", async () => {
  assert.deepEqual(await screened(SAID, 1), { shown: SAID, refusal: undefined });
  assert.deepEqual(await screened("plain\n", 255), { shown: "plain\n", refusal: undefined });
});
