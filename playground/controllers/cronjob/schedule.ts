/**
 * Cron schedules: five fields or a macro, read as robfig/cron reads them, in UTC or a named time zone.
 * Kubernetes: pkg/controller/cronjob/utils.go, github.com/robfig/cron/v3 (parser.go, spec.go)
 */

export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** A day field that is a star leaves the decision to the other one; when none is, either suffices. */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// A schedule that does not come within this (30 February) never comes. robfig/cron looks as far.
const HORIZON_DAYS = 5 * 366;

const MACROS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Undefined when the text is no schedule. */
export function parseCron(text: string): CronSchedule | undefined {
  const fields = (MACROS[text.trim()] ?? text).trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const days = parseField(day, 1, 31);
  const months = parseField(month, 1, 12, MONTHS, 1);
  const weekdays = parseField(weekday, 0, 6, WEEKDAYS);
  if (fields.length !== 5 || !minutes || !hours || !days || !months || !weekdays) return undefined;
  return { minutes, hours, days, months, weekdays, anyDay: isStar(day), anyWeekday: isStar(weekday) };
}

function isStar(field: string): boolean {
  return field.startsWith("*") || field.startsWith("?");
}

function parseField(
  text: string,
  min: number,
  max: number,
  names: readonly string[] = [],
  first = 0,
): Set<number> | undefined {
  const found = new Set<number>();
  const number = (word: string): number => {
    const index = names.indexOf(word.toLowerCase());
    return index >= 0 ? index + first : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of text.split(",")) {
    const [range = "", stepText] = part.split("/");
    const [from = "", to] = range.split("-");
    const step = stepText === undefined ? 1 : number(stepText);
    const low = isStar(range) ? min : number(from);
    // `5/15` means from 5 on.
    const high = isStar(range) ? max : to !== undefined ? number(to) : stepText !== undefined ? max : low;
    if (!(low >= min && high <= max && low <= high && step > 0)) return undefined;
    for (let value = low; value <= high; value += step) found.add(value);
  }
  return found;
}

/** The first time strictly after `afterMs`, in milliseconds; undefined when there is none. */
export function nextTime(schedule: CronSchedule, afterMs: number, timeZone = "UTC"): number | undefined {
  const clock = wallClock(timeZone);
  const start = Math.floor(clock.toWall(afterMs) / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const firstDay = Math.floor(start / DAY_MS) * DAY_MS;
  for (let i = 0; i < HORIZON_DAYS; i++) {
    const day = firstDay + i * DAY_MS;
    if (!matchesDay(schedule, new Date(day))) continue;
    for (const wall of timesOf(schedule, day)) {
      const instant = clock.toInstant(wall);
      if (wall >= start && instant > afterMs) return instant;
    }
  }
  return undefined;
}

/** The last time after `afterMs` and not after `untilMs`, and whether others were missed before it. */
export function latestTime(
  schedule: CronSchedule,
  afterMs: number,
  untilMs: number,
  timeZone = "UTC",
): number | undefined {
  // Backwards in growing steps: a controller that was away for a year need not count every minute of it.
  for (let span = MINUTE_MS * 2; ; span *= 8) {
    const from = Math.max(afterMs, untilMs - span);
    let latest: number | undefined;
    for (let time = nextTime(schedule, from, timeZone); time !== undefined && time <= untilMs; ) {
      latest = time;
      time = nextTime(schedule, time, timeZone);
    }
    if (latest !== undefined || from === afterMs) return latest;
  }
}

function matchesDay({ months, days, weekdays, anyDay, anyWeekday }: CronSchedule, day: Date): boolean {
  if (!months.has(day.getUTCMonth() + 1)) return false;
  const isDay = days.has(day.getUTCDate());
  const isWeekday = weekdays.has(day.getUTCDay());
  return anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday;
}

function* timesOf({ hours, minutes }: CronSchedule, day: number): Iterable<number> {
  for (const hour of [...hours].sort((a, b) => a - b)) {
    for (const minute of [...minutes].sort((a, b) => a - b)) yield day + (hour * 60 + minute) * MINUTE_MS;
  }
}

interface WallClock {
  /** What a clock of the zone shows, as if it were UTC. */
  toWall(instantMs: number): number;
  toInstant(wallMs: number): number;
}

function wallClock(timeZone: string): WallClock {
  if (timeZone === "UTC") return { toWall: (ms) => ms, toInstant: (ms) => ms };
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const toWall = (instantMs: number): number => {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  };
  const toInstant = (wallMs: number): number => {
    const guess = wallMs - (toWall(wallMs) - wallMs);
    // Near a change of the clock the first guess is an hour off.
    return guess - (toWall(guess) - wallMs);
  };
  return { toWall, toInstant };
}
