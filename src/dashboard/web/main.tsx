/** The page of `liqoctl dashboard`: what the browser gives is put together here, and only here. */
import { render } from "preact";
import { systemClock } from "#base/clock.ts";
import { SHELL_PROTOCOL } from "../model/protocol.ts";
import { Frame } from "./frame.tsx";
import { AppContext } from "./parts/context.ts";
import { apiOf, pathWith } from "./state/api.ts";
import { App, type Theme } from "./state/app.ts";

const THEME = "liqo-theme";

const app = new App({
  clock: systemClock,
  api: apiOf((input, init) => fetch(input, init)),
  openSource: () => new EventSource("api/stream"),
  openShell: (query) => {
    const url = new URL(pathWith("api/shell", query), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return Object.assign(new WebSocket(url, SHELL_PROTOCOL), { binaryType: "arraybuffer" as const });
  },
  hash: () => location.hash,
  setHash: (hash, replace) => {
    if (replace) history.replaceState(null, "", hash);
    else location.hash = hash;
  },
  savedTheme: () => {
    const saved = localStorage.getItem(THEME);
    return saved === "light" || saved === "dark" ? saved : "system";
  },
  saveTheme: (theme: Theme) => localStorage.setItem(THEME, theme),
});

addEventListener("hashchange", () => app.arrived());
app.start();
const page = document.getElementById("page");
if (page !== null)
  render(
    <AppContext.Provider value={app}>
      <Frame />
    </AppContext.Provider>,
    page,
  );
