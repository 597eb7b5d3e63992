/**
 * Resource quantities such as `250m`, `1.5`, `64Mi`, `3k`, `1e3`.
 * Kubernetes: apimachinery/pkg/api/resource/quantity.go. Amounts are held in thousandths (milli) as bigint: exact, and as
 * fine as any scheduler needs; finer amounts are rounded up and larger ones than 2^63-1 units capped, as Kubernetes documents.
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
// Kubernetes: quantity.go ("no quantity may represent a number greater than 2^63-1 in magnitude"); 10^19 is beyond it.
const MAX_MILLI = (2n ** 63n - 1n) * 1000n;
const MAX_WHOLE_DIGITS = 19;
// Enough for 19 digits times 2^60, to a thousandth; what is cut off only rounds up.
const KEPT_DIGITS = 64;
const MAX_EXPONENT = 2 ** 63;

// Two expressions, since one with digits at both ends backtracks for every digit of a long number.
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?/;
const SUFFIX = /^[eEinumkKMGTP]*[-+]?\d*$/;
const WRONG_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const WRONG_SUFFIX = "unable to parse quantity's suffix";

interface Scanned {
  readonly isNegative: boolean;
  /** The digits without those that lead with nothing, and how many of them stand before the point. */
  readonly digits: string;
  readonly wholeDigits: number;
  readonly factor: bigint;
}

/** The quantity in thousandths of its unit; undefined when the text is not a quantity. Time is linear in its length. */
export function parseQuantityMilli(text: string | number): bigint | undefined {
  const scanned = scan(String(text));
  if (typeof scanned === "string") return undefined;
  const { isNegative, digits, wholeDigits, factor } = scanned;
  const milli = digits === "" ? 0n : magnitude(digits, wholeDigits, factor);
  return isNegative ? -milli : milli;
}

/** Why the text is no quantity, in Kubernetes' words; undefined when it is one. */
export function findQuantityError(text: string | number): string | undefined {
  const scanned = scan(String(text));
  return typeof scanned === "string" ? scanned : undefined;
}

/** As Kubernetes' scanner, which takes digits that are not there (`m`, `.`) for a zero. */
function scan(text: string): Scanned | string {
  const [number = "", sign, whole = "", fraction = ""] = NUMBER.exec(text) ?? [];
  const suffix = text.slice(number.length);
  if (text === "" || !SUFFIX.test(suffix)) return WRONG_FORM;
  const scale = scaleOf(suffix);
  if (scale === undefined) return WRONG_SUFFIX;
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  const wholeDigits = whole.length - (all.length - digits.length) + scale.exponent;
  return { isNegative: sign === "-", digits, wholeDigits, factor: scale.factor };
}

function scaleOf(suffix: string): { factor: bigint; exponent: number } | undefined {
  const factor = BINARY[suffix];
  if (factor !== undefined) return { factor, exponent: 0 };
  const known = DECIMAL_EXPONENT[suffix];
  if (known !== undefined) return { factor: 1n, exponent: known };
  if (!/^[eE][-+]?\d+$/.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  return Math.abs(exponent) < MAX_EXPONENT ? { factor: 1n, exponent } : undefined;
}

/** 0.digits times 10^wholeDigits times the factor, in thousandths, rounded up and capped. */
function magnitude(digits: string, wholeDigits: number, factor: bigint): bigint {
  if (wholeDigits > MAX_WHOLE_DIGITS) return MAX_MILLI;
  // Less than a thousandth, whatever the factor.
  if (wholeDigits < -KEPT_DIGITS) return 1n;
  const isCut = /[1-9]/.test(digits.slice(KEPT_DIGITS));
  const kept = digits.slice(0, KEPT_DIGITS) + (isCut ? "1" : "");
  const scaled = BigInt(kept) * factor;
  const power = wholeDigits + 3 - kept.length;
  const milli = power >= 0 ? scaled * 10n ** BigInt(power) : divideUp(scaled, 10n ** BigInt(-power));
  return milli > MAX_MILLI ? MAX_MILLI : milli;
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
