/** The arguments of a command, with the types of their values, in the order in which they are written. */
import type { Completer } from "./completer.ts";

export interface Argument<T> {
  readonly description: string;
  readonly isRequired: boolean;
  /** Takes all that is left; only the last one may. */
  readonly isMany: boolean;
  readonly complete?: Completer | undefined;
  /** Of what was written: none, one or more. */
  read(texts: readonly string[]): T;
}

export type Arguments = Readonly<Record<string, Argument<unknown>>>;
export type ArgumentValues<A> = { readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never };

function one(description: string, complete?: Completer): Argument<string> {
  return { description, isRequired: true, isMany: false, complete, read: ([text = ""]) => text };
}

function optional(description: string, complete?: Completer): Argument<string | undefined> {
  return { description, isRequired: false, isMany: false, complete, read: ([text]) => text };
}

function any(description: string, complete?: Completer): Argument<readonly string[]> {
  return { description, isRequired: false, isMany: true, complete, read: (texts) => texts };
}

function some(description: string, complete?: Completer): Argument<readonly string[]> {
  return { ...any(description, complete), isRequired: true };
}

export const argument = { one, optional, any, some };

/** `clusterId` is written `<cluster-id>`; `[names...]` are any number. */
export function usageOf(key: string, { isRequired, isMany }: Argument<unknown>): string {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) + (isMany ? "..." : "");
  return isRequired ? `<${name}>` : `[${name}]`;
}
