import { useEffect } from "preact/hooks";
import type { App, Theme } from "../state/app.ts";
import { type Command, keyPressed, NO_KEYS } from "../state/keys.ts";
import type { Place } from "../state/route.ts";

const NEXT_THEME: { readonly [T in Theme]: Theme } = { system: "light", light: "dark", dark: "system" };

export function useKeyboard(app: App): void {
  useEffect(() => {
    let keys = NO_KEYS;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const { state, command } = keyPressed(keys, event.key, app.machine.clock.nowMs());
      keys = state;
      if (command === undefined) return;
      event.preventDefault();
      follow(app, command);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [app]);
}

function follow(app: App, command: Command): void {
  if (command === "search" || command === "help") app.open.value = command;
  else if (command === "theme") app.setTheme(NEXT_THEME[app.theme.peek()]);
  else if (command === "now") app.lookAt(undefined);
  else app.go({ page: command.slice("go ".length) as Place["page"] });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, dialog") !== null;
}
