/** The error channel of protocol v4 and later: a Status in JSON. Kubernetes: remotecommand/errorstream.go (v4) */
import type { ExecResult } from "./exec-streams.ts";

export function encodeStatus(result: ExecResult): string {
  return JSON.stringify(wireStatus(result));
}

/** `undefined` when the text is not a Status. */
export function decodeStatus(text: string): ExecResult | undefined {
  const status = objectOf(parse(text));
  if (status["status"] === "Success") return { exitCode: 0 };
  if (status["status"] !== "Failure") return undefined;
  const { reason, message, code } = status;
  const exitCode = exitCodeOf(status);
  if (reason === "NonZeroExitCode" && exitCode !== undefined) return { exitCode };
  return {
    error: typeof message === "string" ? message : "unknown error",
    ...(typeof reason === "string" && { reason }),
    ...(typeof code === "number" && { code }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function exitCodeOf(status: Readonly<Record<string, unknown>>): number | undefined {
  const { causes } = objectOf(status["details"]);
  const cause = (Array.isArray(causes) ? causes : []).map(objectOf).find(({ reason }) => reason === "ExitCode");
  const text = cause?.["message"];
  return typeof text === "string" && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Without fields when it is no object: the peer may send anything. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function wireStatus(result: ExecResult): object {
  if ("error" in result) {
    const { error, reason = "InternalError", code = 500 } = result;
    return { metadata: {}, status: "Failure", message: error, reason, code };
  }
  if (result.exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${result.exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(result.exitCode) }] },
  };
}
