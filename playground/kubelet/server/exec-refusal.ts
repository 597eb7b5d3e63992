/**
 * Tells a command that runc could not start from one that ran: what runc says of it comes where the command's own
 * output would, and must not reach the client as that.
 */
import type { Readable, Writable } from "node:stream";

const RUNC_EXIT_CODE = 255;
const REFUSAL = /^time="[^"]*" level=error msg="(exec failed(?:[^"\\]|\\.)*)"\s*$/;

export interface ScreenedOutput {
  /** Why the command was not started; undefined when it was. To be asked when the source has ended. */
  refusal(exitCode: number): string | undefined;
}

/** Passes everything on, except that runc's refusal as the first chunk is kept back. */
export function screenOutput(source: Readable, target: Writable): ScreenedOutput {
  let held = "";
  source.once("data", (chunk: Buffer) => {
    if (REFUSAL.test(chunk.toString())) {
      held = chunk.toString();
      return;
    }
    target.write(chunk);
    source.pipe(target, { end: false });
  });
  return {
    refusal: (exitCode) => {
      const [, said] = REFUSAL.exec(held) ?? [];
      if (said !== undefined && exitCode === RUNC_EXIT_CODE) return said.replaceAll(/\\(.)/g, "$1");
      // Somebody's own words after all.
      if (held !== "") target.write(held);
      return undefined;
    },
  };
}
