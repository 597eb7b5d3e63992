/** How many checks went well, told as upstream does. Upstream: pkg/liqoctl/test/network/check/check.go (PrintCheckResults) */
import type { Printer } from "../printer/printer.ts";

export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
}

const NOTHING: Tally = { succeeded: 0, failed: 0 };

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { succeeded, failed }) => ({ succeeded: sum.succeeded + succeeded, failed: sum.failed + failed }),
    NOTHING,
  );
}

export function printTally(printer: Printer, { succeeded, failed }: Tally): void {
  if (succeeded > 0) printer.success("global", `Checks succeeded counter=${succeeded}`);
  if (failed > 0) printer.warning("global", `Checks failed counter=${failed}`);
}
