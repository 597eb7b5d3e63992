/**
 * One line of a container log file: `2026-01-02T03:04:05.678901234Z stdout F text`. P marks a part of a longer line.
 * Kubernetes: cri-api, "CRI logging format"; pkg/kubelet/kuberuntime/logs/logs.go (parseCRILog)
 */
export interface CriLogLine {
  /** RFC 3339 with up to nine decimals. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Whether the text ends a line; parts of a long line are not final. */
  readonly final: boolean;
  /** Without the line feed. */
  readonly text: string;
}

const FORM =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP](?::[^ ]*)?) ?([^\n]*)\n?$/;

export function encodeCriLogLine(line: CriLogLine): string {
  return `${line.time} ${line.stream} ${line.final ? "F" : "P"} ${line.text}\n`;
}

/** `undefined` when it is not a log line, or a truncated one. */
export function decodeCriLogLine(text: string): CriLogLine | undefined {
  const [, time, stream, tag = "", content = ""] = FORM.exec(text) ?? [];
  if (time === undefined || (stream !== "stdout" && stream !== "stderr")) return undefined;
  return { time, stream, final: tag.startsWith("F"), text: content };
}
