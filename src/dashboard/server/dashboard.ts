/** The whole of it: clusters → picture → history and streams, and what a page may ask. */
import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { VERSION } from "#base/version.ts";
import type { ItemKey } from "../model/items.ts";
import type { About } from "../model/protocol.ts";
import { type Actions, actionHandlers, type Told } from "./actions/handler.ts";
import { askHandlers } from "./ask/handlers.ts";
import { subjectOf } from "./ask/subject.ts";
import { historyHandlers } from "./history/handlers.ts";
import { HISTORY_MS, HistoryStore } from "./history/store.ts";
import { answerJson, Refusal } from "./http/answers.ts";
import { type ApiHandler, type HttpOptions, startHttpServer } from "./http/server.ts";
import type { Changed } from "./picture.ts";
import { sampleAgain } from "./samples/sampler.ts";
import { refuseShell, Shells, type ShellTarget } from "./shell/shells.ts";
import { MOST_READERS, Readers } from "./stream/readers.ts";
import { Federation, type LookedAt } from "./watch/federation.ts";

export interface DashboardOptions
  extends Pick<HttpOptions, "address" | "port" | "allowedHosts" | "usesToken" | "files"> {
  readonly clusters: readonly LookedAt[];
  /** Undefined: nothing may be changed. */
  readonly actions: Actions | undefined;
  /** Whether a page may open shells in pods. */
  readonly shell: boolean;
  /** Of the SQLite file; undefined: history ends with the process. */
  readonly historyFile: string | undefined;
  readonly clock?: Clock;
}

export interface Dashboard extends AsyncDisposable {
  readonly url: string;
  /** Resolves with the first picture that is whole. */
  readonly ready: Promise<void>;
  /** Why the history is not in its file. */
  readonly historyProblem: string | undefined;
}

const PRUNE_MS = 10_000;

export async function startDashboard(ctx: Context, options: DashboardOptions): Promise<Dashboard> {
  const { clock = systemClock, actions } = options;
  await using own = new AsyncDisposableStack();
  const { history, problem } = openHistory(options.historyFile);
  own.use(history);
  const federation = own.use(new Federation(ctx, options.clusters, clock));
  const { picture } = federation;
  const readers = own.use(new Readers(picture, randomBytes(6).toString("hex"), clock));
  let isEnded = false;
  own.defer(() => {
    isEnded = true;
  });
  const ready = federation.ready.then(() => {
    if (!isEnded) remember(ctx, history, federation, clock.epochMs());
  });
  const about: About = {
    version: VERSION,
    actions: actions !== undefined,
    playground: actions?.lab !== undefined,
    shell: options.shell,
    historyMs: HISTORY_MS,
  };
  const told: Told = (key, text) => {
    const item = picture.get(key);
    if (item !== undefined) keep(ctx, () => history.note(clock.epochMs(), item, text, "liqoctl dashboard"));
  };
  const shells = options.shell
    ? new Shells(ctx, { find: (key) => shellTarget(federation, key), told, clock })
    : undefined;
  const handlers: Record<string, ApiHandler> = {
    "GET /api/about": async (_ctx, _request, response) => answerJson(response, about),
    "GET /api/stream": async (_ctx, { headers }, response) => {
      if (readers.count >= MOST_READERS) throw new Refusal(503, `${MOST_READERS} pages are open already`);
      await ready;
      const last = headers["last-event-id"];
      readers.add(response, typeof last === "string" ? last : undefined);
    },
    ...historyHandlers({ history, picture, ready, clock }),
    ...askHandlers(federation),
    ...(actions !== undefined && actionHandlers(ctx, federation, actions, told)),
    "GET /api/shell": shells?.plan ?? refuseShell,
  };
  const upgrades = { "/api/shell": shells?.upgrade ?? refuseShell };
  const http = own.use(await startHttpServer(ctx, { ...options, handlers, upgrades }));
  // Before the server, so that pages are told.
  if (shells !== undefined) own.use(shells);
  own.defer(every(clock, PRUNE_MS, () => keep(ctx, () => history.prune(clock.epochMs()))));
  own.defer(
    sampleAgain(ctx, federation, clock, (samples) => {
      keep(ctx, () => history.addSamples(samples));
      readers.sample(samples);
    }),
  );
  const all = own.move();
  return { url: http.url, ready, historyProblem: problem, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function shellTarget(federation: Federation, itemKey: ItemKey): ShellTarget {
  const { parsed, key, watch } = subjectOf(federation, itemKey);
  return { parsed, key, client: watch.access.client };
}

/** A disk that is full ends history, and nothing else. */
function keep(ctx: Context, write: () => void): void {
  try {
    write();
  } catch (error) {
    ctx.log.warn("history was not written", { error: messageOf(error) });
  }
}

/** From now on. */
function remember(
  ctx: Context,
  history: HistoryStore,
  { picture, introduced: first }: Federation,
  nowMs: number,
): void {
  const items = picture.list();
  const clusters = items.filter((item) => item.kind === "cluster");
  keep(ctx, () => {
    history.begin(nowMs, clusters);
    for (const name of first) history.introduce(nowMs, name, items);
  });
  picture.listen((at, changed, introduced) => {
    const isOfLate = ({ after }: Changed): boolean =>
      after !== undefined && after.kind !== "cluster" && introduced.includes(after.cluster);
    const seen = changed.filter((each) => !isOfLate(each));
    keep(ctx, () => {
      history.add(at, seen);
      for (const name of introduced) history.introduce(at, name, picture.list());
    });
  });
}

function openHistory(file: string | undefined): {
  readonly history: HistoryStore;
  readonly problem: string | undefined;
} {
  try {
    return { history: new HistoryStore({ file: file ?? ":memory:" }), problem: undefined };
  } catch (error) {
    return { history: new HistoryStore({ file: ":memory:" }), problem: `${file}: ${messageOf(error)}` };
  }
}

function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = clock.after(ms, () => {
      run();
      again();
    });
  };
  again();
  return () => cancel();
}
