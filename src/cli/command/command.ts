/**
 * One command of liqoctl: what it is called, what it takes and what it does. Parser, help, completion and docs/liqoctl.md
 * are made of nothing else.
 */
import type { Context } from "#base/context.ts";
import type { Arguments, ArgumentValues } from "./argument.ts";
import type { Environment } from "./environment.ts";
import type { Flags, FlagValues } from "./flag.ts";

interface Described {
  /** `["force", "unpeer"]` */
  readonly path: readonly string[];
  /** Other names of the last word. */
  readonly aliases?: readonly string[];
  /** One sentence, for lists. */
  readonly summary: string;
  /** What the summary leaves out. */
  readonly description?: string;
  readonly examples?: readonly string[];
}

export interface CommandSpec<F extends Flags, A extends Arguments> extends Described {
  readonly flags?: F;
  readonly args?: A;
  run(
    ctx: Context,
    env: Environment,
    given: { readonly args: ArgumentValues<A>; readonly flags: FlagValues<F> },
  ): Promise<void>;
}

/** Values as parsed, by the keys of flags and arguments. */
export interface Given {
  readonly flag: (key: string) => unknown;
  readonly argument: (key: string) => unknown;
}

export interface Command extends Described {
  readonly flags: Flags;
  readonly args: Arguments;
  readonly run: (ctx: Context, env: Environment, given: Given) => Promise<void>;
}

/** A word that only has commands below it. */
export type CommandGroup = Pick<Described, "path" | "summary">;

/** All that a program can do. */
export interface Commands {
  readonly name: string;
  readonly summary: string;
  readonly groups: readonly CommandGroup[];
  readonly commands: readonly Command[];
}

type None = Readonly<Record<never, never>>;

export function command<F extends Flags = None, A extends Arguments = None>(spec: CommandSpec<F, A>): Command {
  const { flags = {}, args = {}, run, ...described } = spec;
  return {
    ...described,
    flags,
    args,
    run: (ctx, env, given) =>
      run(ctx, env, {
        // Whatever stands under a key was made by the flag or argument of that key.
        flags: byKey(flags, given.flag) as FlagValues<F>,
        args: byKey(args, given.argument) as ArgumentValues<A>,
      }),
  };
}

function byKey(keys: object, read: (key: string) => unknown): object {
  return Object.fromEntries(Object.keys(keys).map((key) => [key, read(key)]));
}
