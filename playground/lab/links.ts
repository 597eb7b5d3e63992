/** Cutting the way between two clusters of a lab, and giving it back. Of other ways nothing is seen. nftables: nft(8), sets */
import type { Context } from "#base/context.ts";
import { labNamespace } from "./addressing.ts";
import { runIn } from "./netns.ts";
import { findLabState } from "./state.ts";

const TABLE = "inet cut_links";
const DECLARED = [
  `table ${TABLE} {`,
  "set pairs { type ifname . ifname; }",
  "chain forward {",
  "type filter hook forward priority -11",
  "}",
  "}",
  `flush chain ${TABLE} forward`,
  `add rule ${TABLE} forward iifname . oifname @pairs drop`,
];

/** Both ways. Repeating it is harmless. Throws where the lab has no such clusters. */
export async function cutLink(ctx: Context, home: string, one: string, other: string): Promise<void> {
  const { netns, pairs } = linkIn(home, one, other);
  await load(ctx, netns, [`add element ${TABLE} pairs { ${pairs} }`]);
}

/** As cutLink. A link that was never cut stays whole. */
export async function healLink(ctx: Context, home: string, one: string, other: string): Promise<void> {
  const { netns, pairs } = linkIn(home, one, other);
  // Elements can only be deleted where they are.
  await load(ctx, netns, [`add element ${TABLE} pairs { ${pairs} }`, `delete element ${TABLE} pairs { ${pairs} }`]);
}

/** For a cluster that goes: the next one to have its number is not cut off. */
export async function forgetLinks(ctx: Context, netns: string, own: string, others: readonly string[]): Promise<void> {
  if (others.length === 0) return;
  const pairs = others.flatMap((other) => [`${own} . ${other}`, `${other} . ${own}`]).join(", ");
  await load(ctx, netns, [`add element ${TABLE} pairs { ${pairs} }`, `delete element ${TABLE} pairs { ${pairs} }`]);
}

async function load(ctx: Context, netns: string, lines: readonly string[]): Promise<void> {
  await runIn(ctx, netns, ["nft", "-f", "-"], `${[...DECLARED, ...lines].join("\n")}\n`);
}

function linkIn(home: string, one: string, other: string): { readonly netns: string; readonly pairs: string } {
  const state = findLabState(home);
  const [a, b] = [one, other].map((name) => {
    const cluster = state?.clusters.find((each) => each.name === name);
    if (cluster === undefined) throw new Error(`the lab in ${home} has no cluster ${name}`);
    return `c${cluster.index}`;
  });
  return { netns: labNamespace(state?.name ?? ""), pairs: `${a} . ${b}, ${b} . ${a}` };
}
