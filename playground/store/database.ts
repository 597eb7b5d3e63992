/**
 * The durable half of the store: one SQLite file with a write-ahead log. Every statement is its own commit: with
 * synchronous=NORMAL a commit is one append to the log, which survives kill -9 of the process.
 */
import { DatabaseSync } from "node:sqlite";

export interface StoredRow {
  readonly key: string;
  readonly revision: number;
  readonly value: string;
}

export class Database {
  readonly #database: DatabaseSync;
  readonly #put;
  readonly #delete;
  readonly #raiseRevision;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -2000;
      CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS deletions (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
      INSERT OR IGNORE INTO deletions VALUES (1, 0);
    `);
    this.#put = this.#database.prepare("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)");
    this.#delete = this.#database.prepare("DELETE FROM objects WHERE key = ?");
    this.#raiseRevision = this.#database.prepare("UPDATE deletions SET revision = ? WHERE id = 1");
  }

  /** All rows in key order. */
  *rows(): Generator<StoredRow> {
    for (const row of this.#database.prepare("SELECT key, revision, value FROM objects ORDER BY key").iterate()) {
      yield { key: String(row.key), revision: Number(row.revision), value: String(row.value) };
    }
  }

  /** The revision of the last deletion; that of the last write is the highest of the rows. */
  lastDeletion(): number {
    return Number(this.#database.prepare("SELECT revision FROM deletions").get()?.revision ?? 0);
  }

  put(row: StoredRow): void {
    this.#put.run(row.key, row.revision, row.value);
  }

  delete(key: string, revision: number): void {
    this.#database.exec("BEGIN");
    try {
      this.#delete.run(key);
      this.#raiseRevision.run(revision);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
