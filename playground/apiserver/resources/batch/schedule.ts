/** Whether a cron schedule can be read, in the words of github.com/robfig/cron/v3 (ParseStandard), which the genuine server uses. */

interface Field {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: DAYS },
];
const DESCRIPTORS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const EVERY = "@every ";
const DURATION = /^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/;

/** What is wrong with it; undefined when nothing is. */
export function findScheduleProblem(text: string): string | undefined {
  // A zone in front is refused elsewhere.
  const schedule = text.replace(/^(CRON_)?TZ=\S+\s+/, "");
  if (schedule.startsWith("@")) return findDescriptorProblem(schedule);
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    return `expected exactly ${FIELDS.length} fields, found ${parts.length}: [${parts.join(" ")}]`;
  try {
    for (const [i, field] of FIELDS.entries())
      for (const range of (parts[i] ?? "").split(",")) checkRange(range, field);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function findDescriptorProblem(text: string): string | undefined {
  if (DESCRIPTORS.includes(text)) return undefined;
  if (!text.startsWith(EVERY)) return `unrecognized descriptor: ${text}`;
  const duration = text.slice(EVERY.length);
  return DURATION.test(duration)
    ? undefined
    : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
}

/** `*`, `a`, `a-b`, each with `/step`; throws a RangeError. */
function checkRange(text: string, { low, high, names }: Field): void {
  const [range = "", step, ...steps] = text.split("/");
  const [first = "", last, ...hyphens] = range.split("-");
  const isAny = first === "*" || first === "?";
  if (!isAny && hyphens.length > 0) throw new RangeError(`too many hyphens: ${text}`);
  const start = isAny ? low : parseNumber(first, names);
  const given = last === undefined ? start : parseNumber(last, names);
  const size = step === undefined ? 1 : parseNumber(step);
  if (steps.length > 0) throw new RangeError(`too many slashes: ${text}`);
  const end = isAny || (step !== undefined && last === undefined) ? high : given;
  if (start < low) throw new RangeError(`beginning of range (${start}) below minimum (${low}): ${text}`);
  if (end > high) throw new RangeError(`end of range (${end}) above maximum (${high}): ${text}`);
  if (start > end) throw new RangeError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (size === 0) throw new RangeError(`step of range should be a positive number: ${text}`);
}

function parseNumber(text: string, names: readonly string[] = []): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return names === MONTHS ? named + 1 : named;
  if (!/^[+-]?\d+$/.test(text))
    throw new RangeError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const number = Number(text);
  if (number < 0) throw new RangeError(`negative number (${number}) not allowed: ${text}`);
  return number;
}
