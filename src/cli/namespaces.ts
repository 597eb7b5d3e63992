/** The namespaces that a command works on, by name or by label. */
import type { Context } from "#base/context.ts";
import { namespaces } from "#machinery/builtin.ts";
import { parseLabelSelector } from "#machinery/selector.ts";
import type { Cluster } from "./cluster.ts";
import { CliError } from "./errors.ts";

/** A namespace has one NamespaceOffloading, of this name. */
export const OFFLOADING_NAME = "offloading";

/** The namespaces named, or those that a label selector finds. */
export async function chooseNamespaces(
  ctx: Context,
  { client }: Cluster,
  names: readonly string[],
  selector: string | undefined,
): Promise<readonly string[]> {
  if (names.length > 0 === (selector !== undefined))
    throw new CliError("name the namespaces, or select them by --ns-selector: one of the two");
  if (selector === undefined) return names;
  requirementsOf("--ns-selector", selector);
  const { items } = await client.list(ctx, namespaces, { labelSelector: selector });
  if (items.length === 0) throw new CliError(`--ns-selector "${selector}": no namespace has these labels`);
  return items.map(({ metadata }) => metadata?.name ?? "");
}

/** Throws a CliError when there is none of that name. */
export async function requireNamespace(
  ctx: Context,
  { client, server }: Cluster,
  name: string,
  hint: string,
): Promise<void> {
  if ((await client.find(ctx, namespaces, { name })) === undefined)
    throw new CliError(`namespace ${name} does not exist on ${server}`, { hint });
}

/** Throws a CliError that names the flag. */
export function requirementsOf(flag: string, text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (cause) {
    throw new CliError(`${flag} "${text}": ${cause instanceof Error ? cause.message : ""}`, {
      cause,
      hint: "write it as for kubectl -l, such as topology.kubernetes.io/region=eu",
    });
  }
}
