/**
 * What was when: each change with what was before and after, in a bounded SQLite file. A picture of an earlier time is that
 * of now with all later changes undone, so none are kept.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ClusterItem, Item, ItemKey } from "../../model/items.ts";
import type { Change, Marks, Picture, Samples } from "../../model/protocol.ts";
import type { Changed } from "../picture.ts";
import { healthOf, says } from "./says.ts";

export const HISTORY_MS = 3_600_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Of the oldest, when there are too many bytes. */
const CUT = 10;
const MOST_SAMPLES = 720;

export interface HistoryOptions {
  /** `:memory:` keeps nothing. */
  readonly file: string;
  readonly mostBytes?: number;
}

interface Row {
  readonly at: number;
  readonly key: string;
  readonly who: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly says: string;
  readonly health: string | null;
}

export class HistoryStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #mostBytes: number;
  readonly #insert: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  /** Throws where another process has the file open. */
  constructor({ file, mostBytes = MOST_BYTES }: HistoryOptions) {
    if (file !== ":memory:") makePrivate(file);
    this.#mostBytes = mostBytes;
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -2000;
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS changes (
        number INTEGER PRIMARY KEY, at INTEGER NOT NULL, key TEXT NOT NULL, who TEXT, before TEXT, after TEXT,
        says TEXT NOT NULL, health TEXT
      );
      CREATE INDEX IF NOT EXISTS changes_at ON changes (at);
      CREATE INDEX IF NOT EXISTS changes_key ON changes (key, at);
      CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS samples (at INTEGER PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS since (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);
      COMMIT;
    `);
    this.#insert = this.#database.prepare(
      "INSERT INTO changes (at, key, who, before, after, says, health) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#put = this.#database.prepare("INSERT OR REPLACE INTO items (key, value) VALUES (?, ?)");
    this.#remove = this.#database.prepare("DELETE FROM items WHERE key = ?");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Since when it is known what was; undefined: nothing is known yet. */
  get since(): number | undefined {
    const row = this.#database.prepare("SELECT at FROM since").get() as { at: number } | undefined;
    return row?.at;
  }

  /** Once in each run, with the clusters that are looked at: history begins where nothing of an earlier run is known. */
  begin(at: number, clusters: readonly ClusterItem[]): void {
    const isFirst = this.since === undefined;
    const known = this.#stored().filter(({ kind }) => kind === "cluster");
    this.#write(at, differences(known, clusters), !isFirst);
    if (isFirst) this.#database.prepare("INSERT INTO since (one, at) VALUES (1, ?)").run(at);
  }

  /** All items of a cluster when it is seen first in a run: what is not as the last run left it has changed meanwhile. */
  introduce(at: number, cluster: string, items: readonly Item[]): void {
    const known = this.#stored().filter((item) => item.cluster === cluster && item.kind !== "cluster");
    const now = items.filter((item) => item.cluster === cluster && item.kind !== "cluster");
    this.#write(at, differences(known, now), known.length > 0);
  }

  add(at: number, changed: readonly Changed[]): void {
    this.#write(at, changed, true);
  }

  /** What was done here: it changes no picture, and is found among the changes of the item. */
  note(at: number, item: Item, text: string, who: string): void {
    const value = JSON.stringify(item);
    this.#insert.run(at, item.key, who, value, value, text, healthOf(item, item) ?? null);
  }

  addSamples(samples: Samples): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO samples (at, value) VALUES (?, ?)")
      .run(samples.at, JSON.stringify(samples));
  }

  /** As it was then, or at the earliest time that is known. */
  pictureAt(at: number, current: readonly Item[]): Picture {
    const items = new Map(current.map((item) => [item.key, item]));
    const time = Math.max(at, this.since ?? at);
    // With min() SQLite takes the other columns from the row that has it.
    const rows = this.#database
      .prepare("SELECT key, before, min(number) FROM changes WHERE at > ? GROUP BY key")
      .all(time) as unknown as Pick<Row, "key" | "before">[];
    for (const { key, before } of rows) {
      if (before === null) items.delete(key);
      else items.set(key, JSON.parse(before) as Item);
    }
    return { at: time, items: [...items.values()] };
  }

  /** Newest first. */
  changes(asked: {
    readonly from: number;
    readonly to: number;
    readonly key?: ItemKey;
    readonly limit: number;
  }): Change[] {
    const { from, to, key, limit } = asked;
    const of = key === undefined ? "" : "AND key = ?";
    const rows = this.#database
      .prepare(`SELECT * FROM changes WHERE at >= ? AND at <= ? ${of} ORDER BY number DESC LIMIT ?`)
      .all(from, to, ...(key === undefined ? [] : [key]), limit) as unknown as Row[];
    return rows.map(changeOf);
  }

  marks(from: number, to: number, buckets: number): Marks {
    const counts = Array.from({ length: buckets }, () => ({ changes: 0, bad: 0 }));
    const rows = this.#database
      .prepare(
        `SELECT CAST(min((at - ?1) * ?3 / (?2 - ?1), ?3 - 1) AS INTEGER) AS bucket, count(*) AS changes, sum(health = 'bad') AS bad
         FROM changes WHERE at >= ?1 AND at <= ?2 GROUP BY bucket`,
      )
      .all(from, Math.max(to, from + 1), buckets) as { bucket: number; changes: number; bad: number | null }[];
    for (const { bucket, changes, bad } of rows) counts[bucket] = { changes, bad: bad ?? 0 };
    return { from, to, counts };
  }

  /** Thinned out where there are more than a curve can show. */
  samples(from: number, to: number): Samples[] {
    const rows = this.#database
      .prepare("SELECT value FROM samples WHERE at >= ? AND at <= ? ORDER BY at")
      .all(from, to) as { value: string }[];
    const step = Math.ceil(rows.length / MOST_SAMPLES);
    return rows.filter((_, i) => (rows.length - 1 - i) % step === 0).map(({ value }) => JSON.parse(value) as Samples);
  }

  /** Forgets what is too old, or too much. */
  prune(nowMs: number): void {
    const oldest = nowMs - HISTORY_MS;
    this.#database.prepare("DELETE FROM changes WHERE at < ?").run(oldest);
    this.#database.prepare("DELETE FROM samples WHERE at < ?").run(oldest);
    this.#forgetBefore(oldest);
    while (this.#bytes() > this.#mostBytes) {
      const cut = this.#database
        .prepare(`SELECT max(at) AS at, count(*) AS count FROM
          (SELECT at FROM changes ORDER BY number LIMIT (SELECT count(*) / ${CUT} + 1 FROM changes))`)
        .get() as { at: number | null; count: number };
      if (cut.at === null) return;
      this.#database.prepare("DELETE FROM changes WHERE at <= ?").run(cut.at);
      this.#forgetBefore(cut.at);
    }
  }

  #forgetBefore(at: number): void {
    this.#database.prepare("UPDATE since SET at = max(at, ?)").run(at);
  }

  #bytes(): number {
    const of = (name: string): number =>
      Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
    return (of("page_count") - of("freelist_count")) * of("page_size");
  }

  #stored(): Item[] {
    const rows = this.#database.prepare("SELECT value FROM items").all() as { value: string }[];
    return rows.map(({ value }) => JSON.parse(value) as Item);
  }

  #write(at: number, changed: readonly Changed[], isChange: boolean): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { key, before, after, who } of changed) {
        const text = says(before, after);
        const [old, next] = [before && JSON.stringify(before), after && JSON.stringify(after)];
        if (isChange && text !== undefined)
          this.#insert.run(at, key, who ?? null, old ?? null, next ?? null, text, healthOf(before, after) ?? null);
        if (next === undefined) this.#remove.run(key);
        else this.#put.run(key, next);
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function differences(known: readonly Item[], items: readonly Item[]): Changed[] {
  const before = new Map(known.map((item) => [item.key, item]));
  const after = new Map(items.map((item) => [item.key, item]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ key, before: was, after: is, who: undefined }];
  });
}

function changeOf({ at, key, who, before, after, says: text, health }: Row): Change {
  return {
    ...{ at, key, says: text },
    ...(who !== null && { who }),
    ...(before !== null && { before: JSON.parse(before) as Item }),
    ...(after !== null && { after: JSON.parse(after) as Item }),
    // Written by healthOf.
    ...(health !== null && { health: health as NonNullable<Change["health"]> }),
  };
}

/** What is beside it (the log) gets the same mode. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}
