/** Builds printer columns. Kubernetes: pkg/printers/internalversion/printers.go prints the same columns. */
import type { KubeObject } from "#machinery/meta.ts";
import type { Cell, Column, TableColumns } from "../strategy.ts";

export interface ColumnSpec<T> {
  readonly name: string;
  readonly value: (object: T, nowMs: number) => Cell | undefined;
  readonly type?: Column["type"];
  /** Shown only with `-o wide`. */
  readonly wide?: boolean;
}

const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  priority: 0,
};

/** Name first, then the given columns; `Age` where a column says so by `age()`. */
export function table<T extends KubeObject>(specs: readonly ColumnSpec<T>[]): TableColumns<T> {
  const columns = specs.map(
    ({ name, type = "string", wide }): Column => ({
      name,
      type,
      format: "",
      description: "",
      priority: wide === true ? 1 : 0,
    }),
  );
  return {
    columns: [NAME, ...columns],
    cells: (object, nowMs) => [
      object.metadata?.name ?? "",
      ...specs.map(({ value }) => value(object, nowMs) ?? "<none>"),
    ],
  };
}

export function age<T extends KubeObject>(): ColumnSpec<T> {
  return { name: "Age", value: (object, nowMs) => since(object.metadata?.creationTimestamp, nowMs) };
}

/** `12s`, `3m4s`, `5h`, `7d`; `<unknown>` without a time. */
export function since(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === "") return "<unknown>";
  return humanDuration(nowMs - Date.parse(timestamp));
}

/** Kubernetes: apimachinery/pkg/util/duration.HumanDuration */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 && days % 365 !== 0 ? `${years}y${days % 365}d` : `${years}y`;
}

/** `a=b,c=d` of a map, `<none>` when empty. */
export function pairs(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {});
  return entries.length === 0 ? "<none>" : entries.map(([key, value]) => `${key}=${value}`).join(",");
}

export function joined(values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? "<none>" : values.join(",");
}
