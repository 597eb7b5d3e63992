/**
 * Those who read the stream of changes (server-sent events). A reader that does not keep up loses deltas and gets a new
 * picture when it has read what waits for it: nothing is kept for it meanwhile.
 */
import type { ServerResponse } from "node:http";
import type { Clock } from "#base/clock.ts";
import type { Item } from "../../model/items.ts";
import type { Delta, Picture, Samples } from "../../model/protocol.ts";
import type { Changed, CurrentPicture } from "../picture.ts";
import { Journal } from "./journal.ts";

/** What may wait for one reader beside its picture. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
export const MOST_READERS = 32;

interface Reader {
  readonly response: ServerResponse;
  /** Of its last picture. */
  pictureBytes: number;
  isBehind: boolean;
}

export class Readers implements Disposable {
  readonly #picture: CurrentPicture;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #readers = new Set<Reader>();
  readonly #stopListening: () => void;
  #cancelHeartbeat: () => void = () => undefined;

  constructor(picture: CurrentPicture, run: string, clock: Clock) {
    this.#picture = picture;
    this.#clock = clock;
    this.#journal = new Journal(run);
    this.#stopListening = picture.listen((at, changed) => this.#tell(at, changed));
    this.#beat();
  }

  get count(): number {
    return this.#readers.size;
  }

  /** Answers with the stream until the reader goes. */
  add(response: ServerResponse, lastId: string | undefined): void {
    // It may have gone while the first picture was waited for.
    if (response.closed) return;
    const reader: Reader = { response, pictureBytes: 0, isBehind: false };
    // A proxy in front of it is not to collect what is to be seen at once.
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" });
    response.once("close", () => this.#readers.delete(reader));
    response.on("drain", () => this.#drained(reader));
    this.#readers.add(reader);
    const missed = lastId === undefined ? undefined : this.#journal.since(lastId);
    if (missed === undefined) this.#sendPicture(reader);
    else
      for (const { sequence, text } of missed) this.#send(reader, eventOf("delta", text, this.#journal.idOf(sequence)));
    // Headers go out even when nothing was missed.
    response.write(": here\n\n");
  }

  sample(samples: Samples): void {
    const event = eventOf("samples", JSON.stringify(samples));
    for (const reader of this.#readers) if (!reader.isBehind) this.#send(reader, event);
  }

  [Symbol.dispose](): void {
    this.#cancelHeartbeat();
    this.#stopListening();
    for (const { response } of this.#readers) response.end();
  }

  #tell(at: number, changed: readonly Changed[]): void {
    if (changed.length === 0) return;
    const put: Item[] = [];
    const removed: string[] = [];
    for (const { key, after } of changed) {
      if (after === undefined) removed.push(key);
      else put.push(after);
    }
    const delta: Delta = { at, put, removed };
    const { sequence, text } = this.#journal.add(delta);
    const event = eventOf("delta", text, this.#journal.idOf(sequence));
    for (const reader of this.#readers) this.#send(reader, event);
  }

  #send(reader: Reader, event: string): void {
    if (reader.isBehind) return;
    if (reader.response.writableLength > MOST_WAITING_BYTES + reader.pictureBytes) reader.isBehind = true;
    else reader.response.write(event);
  }

  #drained(reader: Reader): void {
    reader.pictureBytes = 0;
    if (!reader.isBehind) return;
    reader.isBehind = false;
    this.#sendPicture(reader);
  }

  #sendPicture(reader: Reader): void {
    const picture: Picture = { at: this.#clock.epochMs(), items: this.#picture.list() };
    const event = eventOf("picture", JSON.stringify(picture), this.#journal.lastId);
    reader.pictureBytes = Buffer.byteLength(event);
    reader.response.write(event);
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      for (const { response } of this.#readers) if (!response.writableNeedDrain) response.write(": still here\n\n");
      this.#beat();
    });
  }
}

/** JSON has no line breaks of its own. */
function eventOf(event: string, text: string, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${text}\n\n`;
}
