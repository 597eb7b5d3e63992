import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShellTold } from "../../model/protocol.ts";
import { openShell, type ShellState, type Socket, shellWords } from "./shell.ts";

class Server {
  readonly sent: (string | Uint8Array)[] = [];
  readonly states: ShellState[] = [];
  readonly shown: string[] = [];
  readonly drawn: (() => void)[] = [];
  readyState = 0;
  readonly #handlers = new Map<string, (event: { readonly data?: unknown }) => void>();
  readonly socket: Socket;
  readonly shell: ReturnType<typeof openShell>;

  constructor() {
    const server = this;
    this.socket = {
      get readyState() {
        return server.readyState;
      },
      send: (message) => this.sent.push(message),
      close: () => this.emit("close"),
      addEventListener: (type, handler) => void this.#handlers.set(type, handler),
    };
    this.shell = openShell(this.socket, {
      show: (bytes, drawn) => {
        this.shown.push(new TextDecoder().decode(bytes));
        this.drawn.push(drawn);
      },
      changed: (state) => this.states.push(state),
    });
  }

  emit(type: string, data?: unknown): void {
    if (type === "open") this.readyState = 1;
    if (type === "close") this.readyState = 3;
    this.#handlers.get(type)?.({ data });
  }

  tell(told: ShellTold): void {
    this.emit("message", JSON.stringify(told));
  }
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test("the size that the terminal had before the connection is told first", () => {
  const server = new Server();
  server.shell.resize(80, 24);
  server.shell.type(bytes("lost"));
  server.emit("open");
  server.shell.resize(100, 30);
  assert.deepEqual(server.sent, ['{"is":"size","columns":80,"rows":24}', '{"is":"size","columns":100,"rows":30}']);
});

test("what is pasted goes in pieces that the server takes", () => {
  const server = new Server();
  server.emit("open");
  server.shell.type(bytes("x".repeat(70_000)));
  assert.deepEqual(
    server.sent.map(({ length }) => length),
    [32_768, 32_768, 4_464],
  );
});

test("the server is told of what was drawn, not of what came", () => {
  const server = new Server();
  server.emit("open");
  for (let piece = 0; piece < 3; piece++) server.emit("message", bytes("y".repeat(16_384)).buffer);
  assert.deepEqual([server.shown.length, server.sent], [3, []]);
  for (const drawn of server.drawn) drawn();
  assert.deepEqual(server.sent, ['{"is":"read","bytes":32768}']);
});

test("how it ended is what was told last before the connection ends", () => {
  const server = new Server();
  server.emit("open");
  server.tell({ is: "open" });
  server.tell({ is: "ended", exitCode: 3 });
  server.emit("close");
  assert.deepEqual(server.states, [{ is: "open" }, { is: "ended", exitCode: 3 }]);
  // Nobody is there any more.
  server.shell.type(bytes("x"));
  assert.deepEqual(server.sent, []);
});

for (const [what, told, words] of [
  ["that is refused", [], /ended before the shell was open\.$/],
  ["that breaks", [{ is: "open" }], /ended while the shell was open\.$/],
] as const)
  test(`a connection ${what} is told`, () => {
    const server = new Server();
    for (const each of told) server.tell(each);
    server.emit("close");
    const last = server.states.at(-1);
    assert.match(last === undefined ? "" : shellWords(last), words);
  });
