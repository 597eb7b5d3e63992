/** An object that a person names, in whatever namespace it lies. */
import type { Context } from "#base/context.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { answered, type Cluster } from "./cluster.ts";
import { CliError } from "./errors.ts";

// A line has room for some.
const MAX_NAMES = 10;

export interface Named {
  readonly name: string;
  /** Undefined: any. */
  readonly namespace?: string | undefined;
}

/** Throws a CliError that lists what there is, when there is none or more than one. */
export async function findNamed<T extends KubeObject>(
  ctx: Context,
  cluster: Cluster,
  resource: Resource<T>,
  { name, namespace }: Named,
): Promise<T> {
  const all = await answered(ctx, cluster, (limited) =>
    cluster.client.list(limited, resource, namespace === undefined ? {} : { namespace }),
  );
  const found = all.items.filter(({ metadata }) => metadata?.name === name);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  if (first === undefined)
    throw new CliError(`${resource.kind} ${name} does not exist${where} on ${cluster.server}`, {
      hint: all.items.length === 0 ? `there is none${where}` : `there are: ${listed(all.items)}`,
    });
  throw new CliError(
    `there are ${found.length} of the kind ${resource.kind} that are called ${name}: ${listed(found)}`,
    {
      hint: "name the namespace too",
    },
  );
}

function listed(all: readonly KubeObject[]): string {
  const names = all.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).sort();
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}
