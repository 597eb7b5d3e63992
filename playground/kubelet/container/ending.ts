/** What a container's exit means: code, reason, signal and the message it left. Kubernetes: pkg/kubelet/kuberuntime (getTerminationMessage) */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import type { Container } from "kubernetes-types/core/v1";
import { hasCode } from "#base/errors.ts";
import type { Ending } from "../pod/record.ts";
import type { Exit } from "../runtime/container-runtime.ts";

// pkg/kubelet/container/runtime.go
const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

export function endingOf(exit: Exit, container: Container, files: { message: string; log: string }): Ending {
  const reason = exit.outOfMemory ? "OOMKilled" : exit.code === 0 ? "Completed" : "Error";
  const fromFile = readEnd(files.message, MAX_MESSAGE_BYTES);
  const fromLog = container.terminationMessagePolicy === "FallbackToLogsOnError" && exit.code !== 0 && fromFile === "";
  const message = fromLog ? lastLines(readEnd(files.log, MAX_LOG_BYTES * 2)) : fromFile;
  return { code: exit.code, reason, finishedAt: exit.finishedAt, ...(message !== "" && { message }) };
}

/** The runs of which nobody wrote down the end: the machine or conmon was killed. */
export function lostEnding(now: string): Ending {
  const message = "The container could not be located when the pod was terminated";
  return { code: 137, reason: "ContainerStatusUnknown", message, finishedAt: now };
}

/** CRI log lines without time and stream. */
function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const bare = lines.map((line) => line.replace(/^\S+ std(?:out|err) [FP] /, ""));
  return `${bare.slice(-MAX_LOG_LINES).join("\n")}\n`.slice(-MAX_LOG_BYTES);
}

function readEnd(path: string, maxBytes: number): string {
  try {
    const fd = openSync(path, "r");
    try {
      const size = fstatSync(fd).size;
      if (size <= maxBytes) return readFileSync(fd, "utf8");
      const buffer = Buffer.alloc(maxBytes);
      readSync(fd, buffer, 0, maxBytes, size - maxBytes);
      return buffer.toString("utf8");
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}
