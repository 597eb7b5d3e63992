/**
 * One command of liqoctl: what it is called, what it takes and what it does. Parser, help, completion and docs/liqoctl.md
 * are made of nothing else.
 */
import type { Context } from "#base/context.ts";
import type { Plan } from "../plan/model.ts";
import type { Arguments, ArgumentValues } from "./argument.ts";
import type { Environment } from "./environment.ts";
import type { Flags, FlagValues } from "./flag.ts";
import { flagsOfPlan, isPlanAsked, showPlan } from "./plan-flag.ts";

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

export interface CommandSpec<F extends Flags, A extends Arguments, P extends Flags> extends Described {
  readonly flags?: F;
  readonly args?: A;
  /** What only a plan looks at. */
  readonly planFlags?: P;
  /** What `run` would do, for `--plan`, which the command gets by this. Reads only. */
  plan?(
    ctx: Context,
    env: Environment,
    given: { readonly args: ArgumentValues<A>; readonly flags: FlagValues<F> & FlagValues<P> },
  ): Promise<Plan>;
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
  /** Keys of the flags that only a plan looks at. */
  readonly planOnly: readonly string[];
  /** Resolves to the exit status. */
  readonly run: (ctx: Context, env: Environment, given: Given) => Promise<number>;
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

export function command<F extends Flags = None, A extends Arguments = None, P extends Flags = None>(
  spec: CommandSpec<F, A, P>,
): Command {
  const { flags = {}, args = {}, planFlags = {}, run, plan, ...described } = spec;
  const all = plan === undefined ? flags : { ...flags, ...flagsOfPlan(flags), ...planFlags };
  return {
    ...described,
    flags: all,
    args,
    planOnly: Object.keys(planFlags),
    run: async (ctx, env, given) => {
      // Whatever stands under a key was made by the flag or argument of that key.
      const values = {
        flags: byKey(all, given.flag) as FlagValues<F> & FlagValues<P>,
        args: byKey(args, given.argument) as ArgumentValues<A>,
      };
      if (plan !== undefined && isPlanAsked(given, { flags, planFlags }))
        return showPlan(env, given, await plan(ctx, env, values));
      await run(ctx, env, values);
      return 0;
    },
  };
}

function byKey(keys: object, read: (key: string) => unknown): object {
  return Object.fromEntries(Object.keys(keys).map((key) => [key, read(key)]));
}
