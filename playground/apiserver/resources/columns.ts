/** Builds printer columns. Kubernetes: pkg/printers/internalversion/printers.go prints the same columns. */
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import type { KubeObject } from "#machinery/meta.ts";
import { formatLabelSelector, type LabelSelector, labelSelectorOf } from "#machinery/selector.ts";
import type { Cell, Column, TableColumns } from "../strategy.ts";
import { humanDuration } from "../table/duration.ts";

export interface ColumnSpec<T> {
  readonly name: string;
  readonly value: (object: T, nowMs: number) => Cell | undefined;
  readonly type?: Column["type"];
  readonly format?: string;
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
    ({ name, type = "string", format = "", wide }): Column => ({
      name,
      type,
      format,
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
export function since(timestamp: string | null | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === "") return "<unknown>";
  return humanDuration(nowMs - Date.parse(timestamp));
}

/** `a=b,c=d` of a map, `<none>` when empty. */
export function pairs(map: Readonly<Record<string, string>> | undefined): string {
  return selectorText({ matchLabels: map ?? {} });
}

export function joined(values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? "<none>" : values.join(",");
}

/** `a=b,c in (d,e)`, by key; `<none>` when it is empty. */
export function selectorText(selector: LabelSelector | undefined): string {
  const requirements = [...(labelSelectorOf(selector) ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
  return requirements.length === 0 ? "<none>" : formatLabelSelector(requirements);
}

/** With `-o wide`: containers and images of a pod template, and the selector that goes with it. */
export function templateColumns<T extends KubeObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
  selectorOf: (object: T) => LabelSelector | undefined,
): ColumnSpec<T>[] {
  const containers = (object: T) => templateOf(object)?.spec?.containers ?? [];
  return [
    { name: "Containers", value: (object) => joined(containers(object).map(({ name }) => name)), wide: true },
    { name: "Images", value: (object) => joined(containers(object).map(({ image }) => image ?? "")), wide: true },
    { name: "Selector", value: (object) => selectorText(selectorOf(object)), wide: true },
  ];
}
