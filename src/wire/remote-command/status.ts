/** The error channel of protocol v4 and later: a Status in JSON. Kubernetes: remotecommand/errorstream.go (v4) */
import type { ExecResult } from "./exec-streams.ts";

interface WireStatus {
  metadata?: object;
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: { causes?: { reason?: string; message?: string }[] };
}

export function encodeStatus(result: ExecResult): string {
  return JSON.stringify(wireStatus(result));
}

/** `undefined` when the text is not a Status. */
export function decodeStatus(text: string): ExecResult | undefined {
  let status: WireStatus;
  try {
    status = (JSON.parse(text) as WireStatus | null) ?? {};
  } catch {
    return undefined;
  }
  if (status.status === "Success") return { exitCode: 0 };
  if (status.status !== "Failure") return undefined;
  const cause = status.details?.causes?.find(({ reason }) => reason === "ExitCode");
  const exitCode = Number(cause?.message);
  if (status.reason === "NonZeroExitCode" && Number.isInteger(exitCode)) return { exitCode };
  const { message = "unknown error", reason, code } = status;
  return { error: message, ...(reason !== undefined && { reason }), ...(code !== undefined && { code }) };
}

function wireStatus(result: ExecResult): WireStatus {
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
