/** Measurements as columns for a chart, with gaps where none came. */
import type { ItemKey } from "../../model/items.ts";
import type { PeeringSample, Samples } from "../../model/protocol.ts";

export interface Columns {
  readonly times: readonly number[];
  readonly latencyMs: readonly (number | null)[];
  readonly received: readonly (number | null)[];
  readonly sent: readonly (number | null)[];
}

export function columnsOf(samples: readonly Samples[], key: ItemKey): Columns {
  const mine = samples
    .flatMap(({ at, peerings }) => {
      const found = peerings.find((each) => each.key === key);
      return found === undefined ? [] : [{ at, sample: found }];
    })
    .sort((a, b) => a.at - b.at);
  const column = (value: (sample: PeeringSample) => number | undefined): (number | null)[] =>
    mine.map(({ sample }) => value(sample) ?? null);
  return {
    times: mine.map(({ at }) => at),
    latencyMs: column((sample) => sample.latencyMs),
    received: column((sample) => sample.received),
    sent: column((sample) => sample.sent),
  };
}

/** The least, the middle and the most of what was measured. */
export function spreadOf(
  values: readonly (number | null)[],
): { readonly least: number; readonly median: number; readonly most: number } | undefined {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const least = sorted[0];
  const median = sorted[Math.floor(sorted.length / 2)];
  const most = sorted.at(-1);
  return least === undefined || median === undefined || most === undefined ? undefined : { least, median, most };
}
