/** Converts money through the euro, in billionths, without floating-point sums. */
import { Code, ConnectError } from "@connectrpc/connect";
import type { Money } from "../gen/hipstershop_pb.ts";
import { moneyOf, nanosOf } from "../rpc/money.ts";
import { RATES } from "./rates.ts";

// Rates have at most six significant decimals.
const SCALE = 1_000_000;

/** Throws INVALID_ARGUMENT for a currency that is not in the table. */
export function convert(from: Money | undefined, toCode: string): Money {
  if (from === undefined) throw new ConnectError("from is missing", Code.InvalidArgument);
  const [source, target] = [rateOf(from.currencyCode), rateOf(toCode)];
  if (from.currencyCode === toCode) return moneyOf(toCode, nanosOf(from));
  return moneyOf(toCode, (nanosOf(from) * target) / source);
}

function rateOf(code: string): bigint {
  // A caller may name anything, "constructor" as well.
  const rate = Object.hasOwn(RATES, code) ? RATES[code] : undefined;
  if (rate === undefined) throw new ConnectError(`currency "${code}" is not supported`, Code.InvalidArgument);
  return BigInt(Math.round(rate * SCALE));
}
