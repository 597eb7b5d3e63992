/** The slider over the last hour, with marks for how much happened when, and a button that plays it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Change, Marks } from "../../model/protocol.ts";
import { messageOf } from "../state/api.ts";
import type { App } from "../state/app.ts";
import { everyChange } from "../state/every-change.ts";
import { type Items, itemsOf, replayed } from "../state/picture.ts";
import { ago, counted, timeOfDay } from "../state/words.ts";
import { useApp } from "./context.ts";
import { useLoaded } from "./loaded.ts";

const BUCKETS = 120;
const STEP_MS = 1_000;
const RELOAD_MS = 10_000;
const SETTLE_MS = 120;
const FRAME_MS = 100;
const SPEEDS = [1, 10, 60] as const;

export function TimeBar() {
  const app = useApp();
  const shown = app.at.value !== undefined || app.open.value === "time" || app.place.value.page === "history";
  return shown ? <Bar /> : null;
}

function Bar() {
  const app = useApp();
  const { historyMs } = app.about.value;
  // The right end is now, in steps, so that the marks stay while one drags.
  const to = Math.ceil(app.now.value / RELOAD_MS) * RELOAD_MS;
  const from = to - historyMs;
  const marks = useLoaded(() => app.machine.api.marks({ from, to, buckets: BUCKETS }), [from, to]);
  const { dragged, drag, settle } = useDragged(app);
  const at = dragged ?? app.at.value ?? app.now.value;
  return (
    <section class="time-bar" aria-label="Time">
      <Player from={at} end={app.now.value} settle={settle} />
      <div class="track">
        {marks.value !== undefined && <Histogram marks={marks.value} />}
        <input
          type="range"
          aria-label="Time that is looked at"
          min={from}
          max={to}
          step={STEP_MS}
          value={at}
          aria-valuetext={`${timeOfDay(at)}, ${ago(at, app.now.value)}`}
          onInput={(event) => drag(Number(event.currentTarget.value))}
        />
        <div class="scale" aria-hidden="true">
          <span>{timeOfDay(from)}</span>
          <span class="shown">{app.at.value === undefined && dragged === undefined ? "now" : timeOfDay(at)}</span>
          <span>{timeOfDay(to)}</span>
        </div>
      </div>
      <button
        type="button"
        disabled={app.at.value === undefined}
        onClick={() => {
          app.open.value = "nothing";
          app.lookAt(undefined);
        }}
      >
        Now
      </button>
    </section>
  );
}

/** While the slider is dragged the picture follows when it rests for a moment, or at once by `settle`. */
function useDragged(app: App) {
  const [dragged, setDragged] = useState<number>();
  const pending = useRef<{ readonly at: number; readonly cancel: () => void }>(undefined);
  const settle = (): void => {
    const last = pending.current;
    if (last === undefined) return;
    pending.current = undefined;
    last.cancel();
    setDragged(undefined);
    app.lookAt(last.at >= app.machine.clock.epochMs() ? undefined : last.at);
  };
  const drag = (at: number): void => {
    pending.current?.cancel();
    setDragged(at);
    pending.current = { at, cancel: app.machine.clock.after(SETTLE_MS, settle) };
  };
  return { dragged, drag, settle };
}

function Histogram({ marks }: { readonly marks: Marks }) {
  const most = Math.max(1, ...marks.counts.map(({ changes }) => changes));
  const height = (count: number): number => (count === 0 ? 0 : 3 + 25 * Math.sqrt(count / most));
  const total = marks.counts.reduce((sum, { changes }) => sum + changes, 0);
  return (
    <svg class="histogram" viewBox={`0 0 ${marks.counts.length} 28`} preserveAspectRatio="none" role="img">
      <title>{counted(total, "change")}</title>
      {marks.counts.map(({ changes, bad }, index) =>
        changes === 0 ? null : (
          <g key={index}>
            <rect x={index + 0.1} width={0.8} y={28 - height(changes)} height={height(changes)} />
            {bad > 0 && <rect class="bad" x={index + 0.1} width={0.8} y={28 - height(bad)} height={height(bad)} />}
          </g>
        ),
      )}
    </svg>
  );
}

interface Film {
  readonly startAt: number;
  readonly items: Items;
  readonly changes: readonly Change[];
}

/** Plays what happened since `from`: one picture, and the changes after it. */
function Player(props: { readonly from: number; readonly end: number; readonly settle: () => void }) {
  const { from, end, settle } = props;
  const app = useApp();
  const [film, setFilm] = useState<Film>();
  const [speed, setSpeed] = useState<number>(10);
  useFilm(app, film, speed, () => setFilm(undefined));
  const play = (): void => {
    settle();
    // From now there is nothing to play: then the last five minutes.
    const startAt = app.at.peek() === undefined ? end - 300_000 : from;
    loadFilm(app, startAt).then(setFilm, (error: unknown) => (app.pastError.value = messageOf(error)));
  };
  return (
    <div class="player">
      <button
        type="button"
        class="icon"
        aria-label={film === undefined ? "Play" : "Pause"}
        onClick={() => (film === undefined ? play() : setFilm(undefined))}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={film === undefined ? "M4 2.5v11l9-5.5z" : "M4 3h3v10H4zM9 3h3v10H9z"} />
        </svg>
      </button>
      <label>
        <span class="hidden">Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each} ×
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

async function loadFilm({ machine: { api, clock } }: App, startAt: number): Promise<Film> {
  const to = clock.epochMs();
  const [picture, changes] = await Promise.all([
    api.picture(startAt),
    everyChange(api.history, Math.round(startAt), to),
  ]);
  return { startAt, items: itemsOf(picture), changes };
}

function useFilm(app: App, film: Film | undefined, speed: number, ended: () => void): void {
  useEffect(() => {
    if (film === undefined) return;
    const { clock } = app.machine;
    const begunMs = clock.nowMs();
    // A change of speed goes on from where it is.
    const first = Math.max(film.startAt, app.at.peek() ?? film.startAt);
    let cancel: () => void = () => undefined;
    let shown: number | undefined;
    const frame = (): void => {
      // Somebody looks at another time, or at now.
      if (shown !== undefined && app.at.peek() !== shown) {
        ended();
        return;
      }
      const at = first + (clock.nowMs() - begunMs) * speed;
      if (at >= clock.epochMs()) {
        app.lookAt(undefined);
        ended();
        return;
      }
      shown = Math.round(at);
      app.showPast(shown, replayed(film.items, film.startAt, at, film.changes));
      cancel = clock.after(FRAME_MS, frame);
    };
    frame();
    return () => {
      cancel();
      // The address may be a second behind.
      app.lookAt(app.at.peek());
    };
  }, [app, film, speed]);
}
