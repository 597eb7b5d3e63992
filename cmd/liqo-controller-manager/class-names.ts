/** Classes that this cluster offers, as flag: `nginx;default,traefik`. Upstream: pkg/utils/args/classnamelist.go */
import { FlagError, type FlagKind } from "#base/flags.ts";
import type { OfferedClass } from "#controllers/deps.ts";

/** All values of a flag that may be repeated or hold commas. */
export function classNames(): FlagKind<readonly OfferedClass[]> {
  return {
    initial: [],
    parse: (given, earlier = []) => [
      ...earlier,
      ...given
        .split(",")
        .filter((entry) => entry !== "")
        .map(classOf),
    ],
  };
}

function classOf(entry: string): OfferedClass {
  const [name = "", mark, ...more] = entry.split(";");
  if (name === "") throw new FlagError("name the class: nginx or nginx;default");
  if (more.length > 0 || (mark !== undefined && mark !== "default"))
    throw new FlagError('only ";default" may follow the name of a class');
  return { name, isDefault: mark !== undefined };
}
