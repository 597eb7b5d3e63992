/** The page's end of a shell: what is typed goes out, what comes is drawn, and the server is told how much of it was. */
import type { ShellSaid, ShellTold } from "../../model/protocol.ts";

export type ShellState = { readonly is: "opening" } | ShellTold;

/** What is used of the browser's WebSocket, whose messages are ArrayBuffers. */
export interface Socket {
  readonly readyState: number;
  readonly send: (message: string | Uint8Array<ArrayBuffer>) => void;
  readonly close: () => void;
  readonly addEventListener: (
    type: "open" | "message" | "close",
    handler: (event: { readonly data?: unknown }) => void,
  ) => void;
}

export interface ShellHandlers {
  /** Calls `drawn` when it is on the screen. */
  readonly show: (bytes: Uint8Array, drawn: () => void) => void;
  readonly changed: (state: ShellState) => void;
}

export interface Shell {
  readonly type: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly close: () => void;
}

const OPEN = 1;
/** The server takes no longer message. */
const MOST_BYTES = 32 * 1024;
/** Told together: a fraction of what the server sends without being told. */
const TELL_BYTES = 32 * 1024;

export function openShell(socket: Socket, { show, changed }: ShellHandlers): Shell {
  let size: ShellSaid | undefined;
  let drawn = 0;
  let state: ShellState = { is: "opening" };
  const say = (said: ShellSaid): void => {
    if (socket.readyState === OPEN) socket.send(JSON.stringify(said));
  };
  const become = (next: ShellState): void => {
    if (state.is === "ended" || state.is === "failed") return;
    state = next;
    changed(next);
  };
  socket.addEventListener("open", () => {
    if (size !== undefined) say(size);
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") return become(JSON.parse(data) as ShellTold);
    if (!(data instanceof ArrayBuffer)) return;
    show(new Uint8Array(data), () => {
      drawn += data.byteLength;
      if (drawn < TELL_BYTES) return;
      say({ is: "read", bytes: drawn });
      drawn = 0;
    });
  });
  socket.addEventListener("close", () => {
    const when = state.is === "opening" ? "before the shell was open" : "while the shell was open";
    become({ is: "failed", message: `The connection to the dashboard's server ended ${when}.` });
  });
  return {
    type: (bytes) => {
      if (socket.readyState !== OPEN) return;
      for (let at = 0; at < bytes.length; at += MOST_BYTES) socket.send(bytes.slice(at, at + MOST_BYTES));
    },
    resize: (columns, rows) => {
      size = { is: "size", columns, rows };
      say(size);
    },
    close: () => socket.close(),
  };
}

/** For the line below the terminal. */
export function shellWords(state: ShellState): string {
  switch (state.is) {
    case "opening":
      return "Opening …";
    case "open":
      return "Open. Ctrl+Shift+X leaves the terminal.";
    case "ended":
      return `The shell ended with exit code ${state.exitCode}.`;
    case "failed":
      return state.message;
  }
}
