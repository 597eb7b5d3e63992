/** The keyboard: single keys, and `g` followed by another for going somewhere. */
export type Command = "search" | "help" | "theme" | "now" | `go ${Destination}`;
type Destination = "federation" | "pods" | "namespaces" | "services" | "peerings" | "history";

const SINGLE: { readonly [key: string]: Command } = { "/": "search", "?": "help", t: "theme", n: "now" };
const AFTER_G: { readonly [key: string]: Command } = {
  f: "go federation",
  p: "go pods",
  n: "go namespaces",
  s: "go services",
  l: "go peerings",
  h: "go history",
};
// As long as one takes between two keys that belong together.
const SEQUENCE_MS = 1_500;

export interface KeyState {
  readonly pending: boolean;
  readonly sinceMs: number;
}

export const NO_KEYS: KeyState = { pending: false, sinceMs: 0 };

export function keyPressed(
  state: KeyState,
  key: string,
  nowMs: number,
): { readonly state: KeyState; readonly command?: Command } {
  const second = state.pending && nowMs - state.sinceMs < SEQUENCE_MS ? AFTER_G[key] : undefined;
  if (second !== undefined) return { state: NO_KEYS, command: second };
  if (key === "g") return { state: { pending: true, sinceMs: nowMs } };
  const command = SINGLE[key];
  return command === undefined ? { state: NO_KEYS } : { state: NO_KEYS, command };
}

export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "Search"],
  ["g f", "Federation"],
  ["g p", "Pods"],
  ["g n", "Namespaces"],
  ["g s", "Services"],
  ["g l", "Peerings"],
  ["g h", "History"],
  ["n", "Back to now"],
  ["t", "Light, dark, or as the system has it"],
  ["← ↑ → ↓", "From pod to pod in the picture"],
  ["Esc", "Close what is open"],
  ["Ctrl Shift X", "Leave the terminal of a shell"],
  ["?", "This list"],
];
