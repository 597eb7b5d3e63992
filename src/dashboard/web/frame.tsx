/** What is around every page: where one can go, whether it is live, which time is looked at. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { FederationPage } from "./pages/federation.tsx";
import { HistoryPage } from "./pages/history.tsx";
import { ItemPage } from "./pages/item.tsx";
import { NamespacesPage, PeeringsPage, PodsPage, ServicesPage } from "./pages/lists.tsx";
import { useApp } from "./parts/context.ts";
import { HelpDialog } from "./parts/help.tsx";
import { useKeyboard } from "./parts/keyboard.ts";
import { SearchDialog } from "./parts/search.tsx";
import { TimeBar } from "./parts/time-bar.tsx";
import type { Theme } from "./state/app.ts";
import { itemAt } from "./state/catalog.ts";
import type { Place } from "./state/route.ts";
import { ago, nameOf, timeOfDay } from "./state/words.ts";

const GOALS: readonly (readonly [page: Exclude<Place["page"], "item" | "unknown">, name: string])[] = [
  ["federation", "Federation"],
  ["namespaces", "Namespaces"],
  ["services", "Services"],
  ["pods", "Pods"],
  ["peerings", "Peerings"],
  ["history", "History"],
];

export function Frame() {
  const app = useApp();
  const content = useRef<HTMLElement>(null);
  useKeyboard(app);
  useTheme(app.theme.value);
  useArrival(content);
  const lost = app.connection.value === "lost" && app.at.value === undefined;
  return (
    <>
      <button type="button" class="skip" onClick={() => content.current?.focus()}>
        Skip to the content
      </button>
      <Header />
      <Notices />
      <main ref={content} id="content" tabIndex={-1} class={lost ? "stale" : ""}>
        {app.drawn.value ? <Page /> : <p class="empty">Reading the clusters …</p>}
      </main>
      <TimeBar />
      <SearchDialog />
      <HelpDialog />
    </>
  );
}

function Page() {
  const { page } = useApp().place.value;
  switch (page) {
    case "federation":
      return <FederationPage />;
    case "namespaces":
      return <NamespacesPage />;
    case "services":
      return <ServicesPage />;
    case "pods":
      return <PodsPage />;
    case "peerings":
      return <PeeringsPage />;
    case "history":
      return <HistoryPage />;
    case "item":
      return <ItemPage />;
    case "unknown":
      return (
        <>
          <h1 tabIndex={-1}>There is no such page</h1>
          <p>
            <a href="#/">Back to the federation</a>
          </p>
        </>
      );
  }
}

function Header() {
  const app = useApp();
  const { page } = app.place.value;
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Liqo, federation">
        <svg viewBox="0 0 32 20" aria-hidden="true">
          <rect class="one" x="1" y="2" width="13" height="16" rx="4" />
          <rect class="two" x="18" y="2" width="13" height="16" rx="4" />
          <path d="M9 10h14" />
        </svg>
        Liqo
      </a>
      <nav aria-label="Pages">
        {GOALS.map(([goal, name]) => (
          <a key={goal} href={app.href({ page: goal })} aria-current={page === goal ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="tools">
        <ConnectionState />
        <button type="button" class="search-button" onClick={() => (app.open.value = "search")}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M11 11l3.5 3.5M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z" />
          </svg>
          <span class="words">Search</span> <kbd>/</kbd>
        </button>
        <button
          type="button"
          aria-pressed={app.open.value === "time" || app.at.value !== undefined}
          onClick={() => (app.open.value = app.open.value === "time" ? "nothing" : "time")}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2 8a6 6 0 1 0 2-4.5L2 5.2M2 2v3.2h3.2M8 4.8V8l2.2 1.6" />
          </svg>
          <span class="words">Go back in time</span>
        </button>
        <ThemeChoice />
      </div>
    </header>
  );
}

function ConnectionState() {
  const app = useApp();
  const state = app.at.value === undefined ? app.connection.value : "past";
  const words = { connecting: "Connecting", live: "Live", lost: "Connection lost", past: "In the past" }[state];
  return (
    <span class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words}
    </span>
  );
}

function ThemeChoice() {
  const app = useApp();
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={app.theme.value} onChange={(event) => app.setTheme(event.currentTarget.value as Theme)}>
        <option value="system">Auto</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

function Notices() {
  const app = useApp();
  const at = app.at.value;
  if (at !== undefined)
    return (
      <section class="notice past" aria-label="Time that is looked at">
        <p>
          {app.pastError.value ?? (
            <>
              You are looking at <strong>{timeOfDay(at)}</strong>, {ago(at, app.now.value)}.
            </>
          )}
        </p>
        <button type="button" onClick={() => app.lookAt(undefined)}>
          Back to now
        </button>
      </section>
    );
  if (app.connection.value !== "lost") return null;
  const heard = app.heardAt.value;
  return (
    <div class="notice lost" role="alert">
      <p>
        <strong>The connection to the dashboard's server is lost.</strong>{" "}
        {heard === undefined ? "" : `What you see is from ${timeOfDay(heard)}. `}
        It is tried again by itself. If <code>liqoctl dashboard</code> has ended, start it again and open the address
        that it prints.
      </p>
    </div>
  );
}

function useTheme(theme: Theme): void {
  useLayoutEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
}

/** Title and focus follow the place, as if a page had been loaded. */
function useArrival(content: { readonly current: HTMLElement | null }): void {
  const app = useApp();
  const { page, key } = app.place.value;
  const first = useRef(true);
  useEffect(() => {
    const item = key === undefined ? undefined : itemAt(app.catalog.peek(), key);
    const name = item === undefined ? GOALS.find(([goal]) => goal === page)?.[1] : nameOf(item);
    document.title = name === undefined ? "Liqo" : `${name} · Liqo`;
    if (first.current) first.current = false;
    else {
      content.current?.querySelector("h1")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [page, key]);
}
