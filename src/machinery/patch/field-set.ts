/**
 * Sets of field paths, as managedFields keeps them: a tree whose steps are `f:<field>`, `k:<keys>` (item of an
 * associative list) and `v:<value>` (item of a set), exactly as FieldsV1 writes them.
 * Kubernetes: sigs.k8s.io/structured-merge-diff/v6/fieldpath/set.go, serialize.go
 */
import { isJsonObject, type JsonObject } from "../schema/schema.ts";

export class FieldSet {
  /** Steps that are members themselves. */
  readonly members = new Set<string>();
  /** Steps with members below; a step may be in both. */
  readonly children = new Map<string, FieldSet>();

  get isEmpty(): boolean {
    if (this.members.size > 0) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  child(step: string): FieldSet {
    const found = this.children.get(step) ?? new FieldSet();
    this.children.set(step, found);
    return found;
  }

  /** Adds a path; the empty path is ignored. */
  add(path: readonly string[]): void {
    let at: FieldSet = this;
    for (const step of path.slice(0, -1)) at = at.child(step);
    const last = path.at(-1);
    if (last !== undefined) at.members.add(last);
  }

  has(path: readonly string[]): boolean {
    let at: FieldSet | undefined = this;
    for (const step of path.slice(0, -1)) at = at?.children.get(step);
    return at?.members.has(path.at(-1) ?? "") ?? false;
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const step of [...this.members, ...other.members]) result.members.add(step);
    for (const step of new Set([...this.children.keys(), ...other.children.keys()])) {
      const [a, b] = [this.children.get(step) ?? new FieldSet(), other.children.get(step) ?? new FieldSet()];
      result.children.set(step, a.union(b));
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    return this.#select(other, (inOther) => inOther);
  }

  /** Without the members of `other`; what lies below them stays. */
  difference(other: FieldSet): FieldSet {
    return this.#select(other, (inOther) => !inOther, this.children);
  }

  /** Without the members of `other` and everything below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const step of this.members) if (!other.members.has(step)) result.members.add(step);
    for (const [step, child] of this.children) {
      if (other.members.has(step)) continue;
      const rest = other.children.get(step);
      const kept = rest === undefined ? child : child.recursiveDifference(rest);
      if (!kept.isEmpty) result.children.set(step, kept);
    }
    return result;
  }

  #select(other: FieldSet, keep: (inOther: boolean) => boolean, all?: Map<string, FieldSet>): FieldSet {
    const result = new FieldSet();
    for (const step of this.members) if (keep(other.members.has(step))) result.members.add(step);
    for (const [step, child] of all ?? this.children) {
      const rest = other.children.get(step);
      if (rest === undefined && all === undefined) continue;
      const kept =
        rest === undefined ? child : child.#select(rest, keep, all === undefined ? undefined : child.children);
      if (!kept.isEmpty) result.children.set(step, kept);
    }
    return result;
  }

  equals(other: FieldSet): boolean {
    return JSON.stringify(this.toFieldsV1()) === JSON.stringify(other.toFieldsV1());
  }

  /** All member paths, sorted as they are written. */
  paths(prefix: readonly string[] = []): string[][] {
    const steps = [...new Set([...this.members, ...this.children.keys()])].sort();
    return steps.flatMap((step) => [
      ...(this.members.has(step) ? [[...prefix, step]] : []),
      ...(this.children.get(step)?.paths([...prefix, step]) ?? []),
    ]);
  }

  toFieldsV1(): JsonObject {
    const fields: JsonObject = {};
    for (const step of [...new Set([...this.members, ...this.children.keys()])].sort()) {
      const below = this.children.get(step);
      const inside = below === undefined || below.isEmpty ? {} : below.toFieldsV1();
      if (!this.members.has(step) && Object.keys(inside).length === 0) continue;
      const isInner = this.members.has(step) && Object.keys(inside).length > 0;
      fields[step] = isInner ? { ".": {}, ...inside } : inside;
    }
    return fields;
  }

  static fromFieldsV1(fields: unknown): FieldSet {
    const set = new FieldSet();
    if (!isJsonObject(fields)) return set;
    for (const [step, inside] of Object.entries(fields)) {
      if (step === "." || !isJsonObject(inside)) continue;
      if (Object.keys(inside).length === 0 || "." in inside) set.members.add(step);
      const below = FieldSet.fromFieldsV1(inside);
      if (!below.isEmpty) set.children.set(step, below);
    }
    return set;
  }
}

/** `.spec.containers[name="web"].image`, as conflicts are reported. */
export function formatPath(path: readonly string[]): string {
  return path.map(formatStep).join("");
}

function formatStep(step: string): string {
  const body = step.slice(2);
  if (step.startsWith("f:")) return `.${body}`;
  if (step.startsWith("v:")) return `[=${body}]`;
  if (step.startsWith("i:")) return `[${body}]`;
  const keys: unknown = JSON.parse(body);
  if (!isJsonObject(keys)) return `[${body}]`;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(",")}]`;
}
