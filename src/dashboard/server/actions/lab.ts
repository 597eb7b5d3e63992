/** What only a playground can do to its clusters, which are named as their contexts. The program gives it. */
import type { Context } from "#base/context.ts";

export interface Lab {
  cut(ctx: Context, one: string, other: string): Promise<void>;
  heal(ctx: Context, one: string, other: string): Promise<void>;
  stop(ctx: Context, cluster: string): Promise<void>;
  start(ctx: Context, cluster: string): Promise<void>;
}
