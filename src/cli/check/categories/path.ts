/** What the probes of `liqoctl test network` found on the way between pods of two clusters. */
import { isHidden, type Seen } from "../../why/seen.ts";
import { type Category, failed, ok } from "../check.ts";

export interface Probes {
  /** `pod to pod` */
  readonly title: string;
  readonly succeeded: number;
  /** What went wrong, one by one. */
  readonly failures: readonly string[];
}

export interface Probed {
  readonly probes: Seen<readonly Probes[]>;
}

const HINT = "liqoctl trace <pod> <pod> follows a packet hop by hop; liqoctl test network shows every probe";

export const TITLES = ["pod to pod", "pod to service", "node to pod"] as const;

export const path: Category<Probed> = {
  name: "path",
  checks: [
    {
      says: "probes could be sent",
      look: ({ probes }) => (isHidden(probes) ? failed(probes.hidden, HINT) : ok()),
    },
    ...TITLES.map((title) => ({
      says: `${title} gets through`,
      look: ({ probes }: Probed) => {
        const found = isHidden(probes) ? undefined : probes.find((each) => each.title === title);
        if (found === undefined) return undefined;
        const { succeeded, failures } = found;
        const total = succeeded + failures.length;
        return failures.length === 0
          ? ok(`${total} of ${total}`)
          : failed(`${failures.length} of ${total} do not: ${failures[0]}`, HINT);
      },
    })),
  ],
};
