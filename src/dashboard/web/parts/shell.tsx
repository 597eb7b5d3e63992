/** A shell in one container of the pod, where the server allows it. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PodItem } from "../../model/items.ts";
import { messageOf } from "../state/api.ts";
import { clusterOf } from "../state/reach.ts";
import { openShell, type ShellState, shellWords } from "../state/shell.ts";
import { useApp } from "./context.ts";
import { useLoaded } from "./loaded.ts";
import type { OpenTerminal } from "./terminal.ts";

export function ShellPart({ pod }: { readonly pod: PodItem }) {
  const [container, setContainer] = useState(pod.containers[0] ?? "");
  const [opened, setOpened] = useState(0);
  const [state, setState] = useState<ShellState>();
  const [aloud, setAloud] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const isOpen = state?.is === "opening" || state?.is === "open";
  const toggle = (): void => {
    setState(isOpen ? undefined : { is: "opening" });
    setOpened(opened + 1);
  };
  return (
    <section aria-labelledby="shell">
      <h2 id="shell">Shell</h2>
      <div class="toolbar">
        <label class="field">
          Container
          <select value={container} disabled={isOpen} onChange={(event) => setContainer(event.currentTarget.value)}>
            {pod.containers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button ref={button} type="button" class={isOpen ? "" : "main"} onClick={toggle}>
          {isOpen ? "Close the shell" : "Open a shell"}
        </button>
        <label class="check">
          <input type="checkbox" checked={aloud} onChange={(event) => setAloud(event.currentTarget.checked)} />
          For a screen reader
        </label>
      </div>
      <Command pod={pod} container={container} />
      {state !== undefined && <Screen key={opened} {...{ pod, container, aloud, button }} changed={setState} />}
      <p role="status" class={state?.is === "failed" ? "failed" : "muted"}>
        {state === undefined ? "" : shellWords(state)}
      </p>
    </section>
  );
}

function Command({ pod, container }: { readonly pod: PodItem; readonly container: string }) {
  const { api } = useApp().machine;
  const plan = useLoaded((signal) => api.shell({ key: pod.key, container }, signal), [pod.key, container]);
  const there = pod.role === "offloaded" && pod.twin !== undefined ? clusterOf(pod.twin) : undefined;
  return (
    <>
      {there !== undefined && (
        <p class="muted">
          It goes through {pod.cluster}'s API server and the virtual node to {there}, where the pod runs.
        </p>
      )}
      <p class="muted">The same on the command line:</p>
      {plan.state === "failed" ? (
        <p class="failed">{plan.message}</p>
      ) : (
        <pre class="command">{plan.value?.command ?? "…"}</pre>
      )}
    </>
  );
}

interface ScreenProps {
  readonly pod: PodItem;
  readonly container: string;
  readonly aloud: boolean;
  /** Where the keyboard goes that leaves the terminal. */
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly changed: (state: ShellState) => void;
}

/** As long as it is there the shell is open, until one of its ends closes it. */
function Screen({ pod, container, aloud, button, changed }: ScreenProps) {
  const app = useApp();
  const box = useRef<HTMLDivElement>(null);
  const [terminal, setTerminal] = useState<OpenTerminal>();
  useEffect(() => {
    let isGone = false;
    let close = (): void => undefined;
    const open = async (parent: HTMLElement): Promise<void> => {
      const { openTerminal } = await import("./terminal.ts");
      if (isGone) return;
      const socket = app.machine.openShell({ key: pod.key, container });
      const shell = openShell(socket, {
        show: (bytes, drawn) => made.show(bytes, drawn),
        changed: (state) => {
          if (isGone) return;
          changed(state);
          if (state.is === "ended" || state.is === "failed") {
            made.end();
            if (parent.contains(document.activeElement)) button.current?.focus();
          } else if (document.activeElement === button.current) {
            made.focus();
            // xterm.js neither scrolls to what has the focus, nor draws what is out of sight.
            parent.scrollIntoView({ block: "nearest" });
          }
        },
      });
      const left = (): void => button.current?.focus();
      const made = openTerminal(parent, { typed: shell.type, sized: shell.resize, left });
      close = () => {
        shell.close();
        made.close();
      };
      setTerminal(made);
    };
    if (box.current !== null)
      open(box.current).catch((error: unknown) => changed({ is: "failed", message: messageOf(error) }));
    return () => {
      isGone = true;
      close();
    };
  }, []);
  useEffect(() => terminal?.read(aloud), [terminal, aloud]);
  useEffect(() => terminal?.recolour(), [terminal, app.theme.value]);
  return <div ref={box} class="terminal-box" />;
}
