/** For tests: programs on PATH that write down how they are called and print what was recorded. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import type { Cluster } from "../../../../cluster.ts";

const RECORDED = join(import.meta.dirname, "../testdata");

export interface FakeTools extends Disposable {
  /** The program answers as the file of testdata that its first words name, or fails with a message. */
  add(program: string, answers: readonly (readonly [words: string, file: string])[]): void;
  fail(program: string, message: string): void;
  /** Calls so far, a line each. */
  asked(): string[];
}

/** While it lasts, PATH leads to nothing else. */
export function fakeTools(): FakeTools {
  const folder = mkdtempSync(join(tmpdir(), "liqoctl-clouds-"));
  const path = process.env["PATH"];
  process.env["PATH"] = folder;
  const write = (program: string, lines: readonly string[]): void => {
    writeFileSync(join(folder, program), ["#!/bin/sh", `echo "${program} $*" >> ${folder}/asked`, ...lines].join("\n"));
    chmodSync(join(folder, program), 0o755);
  };
  writeFileSync(join(folder, "asked"), "");
  return {
    add: (program, answers) =>
      write(program, [
        'case "$*" in',
        ...answers.map(([words, file]) => `"${words}"*) /bin/cat ${join(RECORDED, file)} ;;`),
        "*) echo unexpected >&2; exit 2 ;;",
        "esac",
      ]),
    fail: (program, message) => write(program, [`echo "${message}" >&2`, "exit 1"]),
    asked: () => readFileSync(join(folder, "asked"), "utf8").trimEnd().split("\n"),
    [Symbol.dispose]: () => {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const CONTEXT: Context = { signal: new AbortController().signal, log: silentLogger };
/** Clouds are asked, not the cluster. */
export const NO_CLUSTER = {} as Cluster;
