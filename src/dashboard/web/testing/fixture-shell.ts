/** A made-up shell for tests of the page: it says what is typed, and knows a few commands. */
import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { SHELL_PROTOCOL, type ShellSaid, type ShellTold } from "../../model/protocol.ts";

/** What a line is answered with, or how it ends. */
const COMMANDS: { readonly [line: string]: string | ShellTold } = {
  "echo $((6*7))": "42",
  // Colours of its own, underlined in another one, and the question that a re-minified xterm.js broke at.
  colours: "\x1b[38;2;200;40;120mpink\x1b[0m \x1b[4:3;58;2;10;200;10mwavy\x1b[0m \x1b[1;32mgreen\x1b[0m \x1b[?2026$p",
  "exit 3": { is: "ended", exitCode: 3 },
  break: { is: "failed", message: "the connection was lost before the command ended" },
};

export function serveShells(server: Server): void {
  const sockets = new WebSocketServer({ server, path: "/api/shell", handleProtocols: () => SHELL_PROTOCOL });
  sockets.on("connection", (socket) => {
    const tell = (told: ShellTold): void => socket.send(JSON.stringify(told));
    tell({ is: "open" });
    socket.send(Buffer.from("$ "));
    let line = "";
    let size = "";
    socket.on("message", (message: Buffer, isBinary) => {
      if (!isBinary) {
        const said = JSON.parse(message.toString()) as ShellSaid;
        if (said.is === "size") size = `${said.columns} ${said.rows}`;
        return;
      }
      const typed = message.toString();
      // What the terminal answers by itself.
      if (typed.startsWith("\x1b")) return;
      for (const key of typed)
        if (key === "\r") {
          answer(socket, line === "stty size" ? size : (COMMANDS[line] ?? `${line}: not found`));
          line = "";
        } else {
          line += key;
          socket.send(Buffer.from(key));
        }
    });
  });
}

function answer(socket: WebSocket, said: string | ShellTold): void {
  if (typeof said === "string") socket.send(Buffer.from(`\r\n${said}\r\n$ `));
  else {
    socket.send(JSON.stringify(said));
    socket.close(1000);
  }
}
