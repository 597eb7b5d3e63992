/** What the page knows, as signals: made once by main, read by every part. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Clock } from "#base/clock.ts";
import type { ItemKey } from "../../model/items.ts";
import type { About, Delta, PeeringSample, Picture } from "../../model/protocol.ts";
import { type Api, messageOf, type Query } from "./api.ts";
import { type Catalog, catalogOf } from "./catalog.ts";
import { type Items, itemsOf, NOTHING, withDeltas } from "./picture.ts";
import { hrefOf, type Place, parseRoute } from "./route.ts";
import type { Socket } from "./shell.ts";
import { type Connection, openStream, type Source } from "./stream.ts";

export type Theme = "light" | "dark" | "system";
type Open = "nothing" | "search" | "help" | "time";

/** What is used of the browser, so that tests can do without. */
export interface Machine {
  readonly clock: Clock;
  readonly api: Api;
  readonly openSource: () => Source;
  readonly openShell: (query: Query) => Socket;
  readonly hash: () => string;
  readonly setHash: (hash: string, replace: boolean) => void;
  readonly savedTheme: () => Theme;
  readonly saveTheme: (theme: Theme) => void;
}

interface Past {
  readonly at: number;
  readonly items: Items;
}

const TICK_MS = 1_000;
// Shorter than anybody sees.
const GATHER_MS = 50;
const ADDRESS_MS = 1_000;
const ABOUT_NOTHING: About = { version: "", actions: false, playground: false, shell: false, historyMs: 3_600_000 };

export class App {
  readonly machine: Machine;
  readonly about: Signal<About> = signal(ABOUT_NOTHING);
  readonly connection: Signal<Connection> = signal<Connection>("connecting");
  /** When the last message came. */
  readonly heardAt: Signal<number | undefined> = signal(undefined);
  readonly samples: Signal<ReadonlyMap<ItemKey, PeeringSample>> = signal(new Map());
  readonly now: Signal<number>;
  readonly place: Signal<Place>;
  readonly theme: Signal<Theme>;
  readonly open: Signal<Open> = signal<Open>("nothing");
  /** What went wrong with a look into the past. */
  readonly pastError: Signal<string | undefined> = signal(undefined);
  readonly live: Signal<Items> = signal(NOTHING);
  readonly past: Signal<Past | undefined> = signal(undefined);
  /** Whether a picture has come at all. */
  readonly drawn: ReadonlySignal<boolean>;
  /** The items that are looked at: now, or at the time in the address. */
  readonly catalog: ReadonlySignal<Catalog>;
  readonly at: ReadonlySignal<number | undefined>;
  readonly #deltas: Delta[] = [];
  #addressMs = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine) {
    this.machine = machine;
    this.now = signal(machine.clock.epochMs());
    this.place = signal(parseRoute(machine.hash()));
    this.theme = signal(machine.savedTheme());
    this.at = computed(() => this.place.value.at);
    this.drawn = computed(() => this.heardAt.value !== undefined);
    const shown = computed(() => (this.at.value === undefined ? this.live.value : (this.past.value?.items ?? NOTHING)));
    this.catalog = computed(() => catalogOf(shown.value));
  }

  /** Begins to listen; returns what ends it. */
  start(): () => void {
    const { clock, api, openSource } = this.machine;
    const close = openStream(openSource, clock, {
      picture: (picture) => this.#begin(picture),
      delta: (delta) => this.#gather(delta),
      samples: ({ peerings }) => {
        this.samples.value = new Map([...this.samples.peek(), ...peerings.map((each) => [each.key, each] as const)]);
        this.heardAt.value = clock.epochMs();
      },
      connection: (state) => {
        // Another server may have come up behind the same address.
        if (state === "live")
          api.about().then(
            (about) => (this.about.value = about),
            () => undefined,
          );
        this.connection.value = state;
      },
    });
    const stopPast = effect(() => this.#followPast(this.at.value));
    return [close, stopPast, this.#tick()].reduce((all, one) => () => {
      all();
      one();
    });
  }

  /** Goes to a place; keeps the time that is looked at unless the place has one. */
  go(place: Place): void {
    this.machine.setHash(this.href(place), false);
  }

  href(place: Place): string {
    const { at, namespace } = this.place.value;
    const kept = { ...(at === undefined ? {} : { at }), ...(namespace === undefined ? {} : { namespace }) };
    return hrefOf({ ...kept, ...place });
  }

  hrefOfItem(key: ItemKey): string {
    return this.href({ page: "item", key });
  }

  /** As `go`, without keeping anything of where one is. */
  choose(place: Place): void {
    this.machine.setHash(hrefOf(place), false);
  }

  /** The browser has gone somewhere. */
  arrived(): void {
    this.place.value = parseRoute(this.machine.hash());
  }

  /** Looks at another time, or at now. */
  lookAt(at: number | undefined): void {
    const { at: _, ...rest } = this.place.peek();
    this.machine.setHash(hrefOf(at === undefined ? rest : { ...rest, at }), true);
    this.arrived();
  }

  /**
   * Shows items of the past that are known already: while they are replayed. The address follows once a second: browsers
   * refuse to change it more often for long.
   */
  showPast(at: number, items: Items): void {
    const { clock, setHash } = this.machine;
    const place = { ...this.place.peek(), at };
    batch(() => {
      this.past.value = { at, items };
      this.pastError.value = undefined;
      this.place.value = place;
    });
    if (clock.nowMs() - this.#addressMs < ADDRESS_MS) return;
    this.#addressMs = clock.nowMs();
    setHash(hrefOf(place), true);
  }

  setTheme(theme: Theme): void {
    this.theme.value = theme;
    this.machine.saveTheme(theme);
  }

  #begin(picture: Picture): void {
    this.#deltas.length = 0;
    this.#show(itemsOf(picture));
  }

  /** Many come at once when a Deployment is scaled: they are drawn together. */
  #gather(delta: Delta): void {
    this.#deltas.push(delta);
    if (this.#deltas.length > 1) return;
    this.machine.clock.after(GATHER_MS, () => {
      this.#show(withDeltas(this.live.peek(), this.#deltas));
      this.#deltas.length = 0;
    });
  }

  #show(items: Items): void {
    batch(() => {
      this.live.value = items;
      this.heardAt.value = this.machine.clock.epochMs();
    });
  }

  #followPast(at: number | undefined): void {
    if (at === undefined || this.past.peek()?.at === at) return;
    this.machine.api.picture(at).then(
      (picture) => {
        // Meanwhile somebody may look at another time.
        if (this.at.peek() !== at) return;
        batch(() => {
          this.past.value = { at, items: itemsOf(picture) };
          this.pastError.value = undefined;
        });
      },
      (error: unknown) => {
        this.pastError.value = messageOf(error);
      },
    );
  }

  #tick(): () => void {
    const { clock } = this.machine;
    let cancel: () => void;
    const again = (): void => {
      this.now.value = clock.epochMs();
      cancel = clock.after(TICK_MS, again);
    };
    cancel = clock.after(TICK_MS, again);
    return () => cancel();
  }
}
