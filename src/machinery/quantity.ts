/**
 * Resource quantities such as `250m`, `1.5`, `64Mi`, `3k`, `1e3`.
 * Kubernetes: apimachinery/pkg/api/resource/quantity.go. Amounts are held in thousandths (milli) as bigint: exact, and as
 * fine as any scheduler needs; finer amounts are rounded up, as Kubernetes does.
 */
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
  Ti: 1024n ** 4n,
  Pi: 1024n ** 5n,
  Ei: 1024n ** 6n,
};
const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?$/;

/** The quantity in thousandths of its unit; undefined when the text is not a quantity. */
export function parseQuantityMilli(text: string | number): bigint | undefined {
  const match = FORM.exec(String(text));
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent, suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(`${whole}${fraction}` || "0");
  const factor = BINARY[suffix] ?? 1n;
  const power = (exponent !== undefined ? Number(exponent) : (DECIMAL_EXPONENT[suffix] ?? 0)) + 3 - fraction.length;
  const scaled = digits * factor;
  const milli = power >= 0 ? scaled * 10n ** BigInt(power) : divideUp(scaled, 10n ** BigInt(-power));
  return sign === "-" ? -milli : milli;
}

/** As parseQuantityMilli, for values that validation has accepted; anything else counts as 0. */
export function milliOf(text: string | number | undefined): bigint {
  return text === undefined ? 0n : (parseQuantityMilli(text) ?? 0n);
}

/** Whole units, rounded up: bytes, cores, pods. */
export function unitsOf(text: string | number | undefined): number {
  return Number(divideUp(milliOf(text), 1000n));
}

export type QuantityFormat = "decimal" | "binary";

/** The shortest canonical text of an amount: `1500m`, `2`, `64Mi`. */
export function formatMilli(milli: bigint, format: QuantityFormat = "decimal"): string {
  if (milli % 1000n !== 0n) return `${milli}m`;
  let units = milli / 1000n;
  if (units === 0n) return "0";
  const base = format === "binary" ? 1024n : 1000n;
  const suffixes = format === "binary" ? ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] : ["", "k", "M", "G", "T", "P", "E"];
  let step = 0;
  while (units % base === 0n && step < suffixes.length - 1) {
    units /= base;
    step++;
  }
  return `${units}${suffixes[step]}`;
}

/** `binary` when the text carries a binary suffix, so that sums keep the form people wrote. */
export function formatOf(text: string | number | undefined): QuantityFormat {
  return typeof text === "string" && text.endsWith("i") ? "binary" : "decimal";
}

export type ResourceList = Readonly<Record<string, string>>;

/** Sums resource lists name by name. */
export function addResources(...lists: readonly (ResourceList | undefined)[]): Record<string, string> {
  return combine(lists, (a, b) => a + b);
}

/** Takes the larger amount of each name. */
export function maxResources(...lists: readonly (ResourceList | undefined)[]): Record<string, string> {
  return combine(lists, (a, b) => (a > b ? a : b));
}

function combine(
  lists: readonly (ResourceList | undefined)[],
  join: (a: bigint, b: bigint) => bigint,
): Record<string, string> {
  const sums = new Map<string, { milli: bigint; format: QuantityFormat }>();
  for (const list of lists) {
    for (const [name, text] of Object.entries(list ?? {})) {
      const previous = sums.get(name);
      const milli = milliOf(text);
      const format = previous?.format === "binary" ? "binary" : formatOf(text);
      sums.set(name, { milli: previous === undefined ? milli : join(previous.milli, milli), format });
    }
  }
  return Object.fromEntries([...sums].map(([name, { milli, format }]) => [name, formatMilli(milli, format)]));
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  const quotient = amount / divisor;
  return amount % divisor === 0n || amount < 0n ? quotient : quotient + 1n;
}
