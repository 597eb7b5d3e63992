/** GET /api/picture, /api/history, /api/marks and /api/samples. */
import type { Clock } from "#base/clock.ts";
import { answerJson, Refusal } from "../http/answers.ts";
import type { Query } from "../http/query.ts";
import type { ApiHandler } from "../http/server.ts";
import type { CurrentPicture } from "../picture.ts";
import { HISTORY_MS, type HistoryStore } from "./store.ts";

export interface HistoryParts {
  readonly history: HistoryStore;
  readonly picture: CurrentPicture;
  readonly ready: Promise<void>;
  readonly clock: Clock;
}

const MOST_CHANGES = 1_000;
const MOST_BUCKETS = 1_000;
// What Date can tell.
const TIME = { least: 0, most: 8_640_000_000_000_000 };

export function historyHandlers({ history, picture, ready, clock }: HistoryParts): Record<string, ApiHandler> {
  const spanOf = (query: Query): { readonly from: number; readonly to: number } => {
    const nowMs = clock.epochMs();
    const to = query.integer("to", nowMs, TIME);
    const from = query.integer("from", to - HISTORY_MS, TIME);
    if (from > to) throw new Refusal(400, "from must not be after to");
    return { from, to };
  };
  return {
    "GET /api/picture": async (_ctx, { query }, response) => {
      await ready;
      const nowMs = clock.epochMs();
      const at = query.integer("at", nowMs, TIME);
      const items = picture.list();
      answerJson(response, at >= nowMs ? { at: nowMs, items } : history.pictureAt(at, items));
    },
    "GET /api/history": async (_ctx, { query }, response) => {
      const key = query.has("key") ? query.key("key") : undefined;
      const limit = query.integer("limit", 200, { least: 1, most: MOST_CHANGES });
      answerJson(response, history.changes({ ...spanOf(query), ...(key !== undefined && { key }), limit }));
    },
    "GET /api/marks": async (_ctx, { query }, response) => {
      const { from, to } = spanOf(query);
      answerJson(response, history.marks(from, to, query.integer("buckets", 60, { least: 1, most: MOST_BUCKETS })));
    },
    "GET /api/samples": async (_ctx, { query }, response) => {
      const { from, to } = spanOf(query);
      answerJson(response, history.samples(from, to));
    },
  };
}
