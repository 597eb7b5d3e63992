/** Sums of money without rounding errors: whole units and billionths, both of the same sign. */
import { create } from "@bufbuild/protobuf";
import { type Money, MoneySchema } from "../gen/hipstershop_pb.ts";

const NANOS = 1_000_000_000n;

/** All of it in billionths. */
export function nanosOf(money: Money | undefined): bigint {
  return (money?.units ?? 0n) * NANOS + BigInt(money?.nanos ?? 0);
}

export function moneyOf(currencyCode: string, nanos: bigint): Money {
  return create(MoneySchema, { currencyCode, units: nanos / NANOS, nanos: Number(nanos % NANOS) });
}

/** Throws a RangeError when the currencies differ. */
export function add(a: Money, b: Money): Money {
  if (a.currencyCode !== b.currencyCode) throw new RangeError(`cannot add ${b.currencyCode} to ${a.currencyCode}`);
  return moneyOf(a.currencyCode, nanosOf(a) + nanosOf(b));
}

export function multiply(money: Money, times: number): Money {
  return moneyOf(money.currencyCode, nanosOf(money) * BigInt(times));
}

const SYMBOLS: ReadonlyMap<string, string> = new Map(
  Object.entries({ USD: "$", EUR: "€", CAD: "CA$", JPY: "¥", GBP: "£", TRY: "₺" }),
);

/** `$67.99`; currencies without minor units are rounded. */
export function formatMoney(money: Money | undefined): string {
  if (money === undefined) return "";
  const digits = money.currencyCode === "JPY" ? 0 : 2;
  const scale = 10n ** BigInt(9 - digits);
  const nanos = nanosOf(money);
  const sign = nanos < 0n ? "-" : "";
  const text = (((nanos < 0n ? -nanos : nanos) + scale / 2n) / scale).toString().padStart(digits + 1, "0");
  const symbol = `${sign}${SYMBOLS.get(money.currencyCode) ?? `${money.currencyCode} `}`;
  return digits === 0 ? `${symbol}${text}` : `${symbol}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
