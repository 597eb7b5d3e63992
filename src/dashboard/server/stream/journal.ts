/** The last deltas, for readers that lost their connection for a moment. */
import type { Delta } from "../../model/protocol.ts";

export interface Numbered {
  readonly sequence: number;
  /** As JSON, once for all readers. */
  readonly text: string;
}

const MOST_DELTAS = 2_000;
const MOST_CHARACTERS = 8 * 1024 * 1024;

export class Journal {
  /** Of this run of the server: numbers of another mean nothing here. */
  readonly #run: string;
  #kept: Numbered[] = [];
  #characters = 0;
  #last = 0;

  constructor(run: string) {
    this.#run = run;
  }

  /** Of what was added last, for the header Last-Event-ID. */
  get lastId(): string {
    return this.idOf(this.#last);
  }

  idOf(sequence: number): string {
    return `${this.#run}-${sequence}`;
  }

  add(delta: Delta): Numbered {
    const numbered = { sequence: ++this.#last, text: JSON.stringify(delta) };
    this.#kept.push(numbered);
    this.#characters += numbered.text.length;
    let dropped = 0;
    while (this.#kept.length - dropped > MOST_DELTAS || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#kept[dropped]?.text.length ?? 0;
      dropped++;
    }
    if (dropped > 0) this.#kept = this.#kept.slice(dropped);
    return numbered;
  }

  /** What came after the event of that id; undefined when that is not known any more, or never was. */
  since(id: string): readonly Numbered[] | undefined {
    const digits = id.startsWith(`${this.#run}-`) ? id.slice(this.#run.length + 1) : "";
    if (!/^\d{1,15}$/.test(digits)) return undefined;
    const sequence = Number(digits);
    const [first] = this.#kept;
    if (sequence > this.#last || sequence < (first?.sequence ?? this.#last + 1) - 1) return undefined;
    return this.#kept.filter((each) => each.sequence > sequence);
  }
}
