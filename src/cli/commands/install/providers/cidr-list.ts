/** `--pod-cidr`: may be repeated, and several may stand in one, as pflag's slices. */
import { type Flag, list } from "../../../command/flag.ts";

export function cidrList(description: string, initial: readonly string[]): Flag<readonly string[]> {
  return {
    description,
    value: "<cidr>",
    initial,
    ...(initial.length > 0 && { shown: initial.join(",") }),
    // What is given takes the place of the default.
    parse: (text, earlier) => [...(earlier === initial ? [] : earlier), ...list(text)],
  };
}
