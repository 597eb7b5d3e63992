/** The log of one container: its last lines, and what comes. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PodItem } from "../../model/items.ts";
import { messageOf } from "../state/api.ts";
import { type Lines, NO_LINES, withText } from "../state/lines.ts";
import { useApp } from "./context.ts";

const TAIL = 200;
const MOST = 2_000;

export function LogsPart({ pod }: { readonly pod: PodItem }) {
  const [container, setContainer] = useState(pod.containers[0] ?? "");
  const [follow, setFollow] = useState(true);
  const { lines, message } = useLog(pod, container, follow);
  return (
    <section aria-labelledby="logs">
      <h2 id="logs">Log</h2>
      <div class="toolbar">
        <label class="field">
          Container
          <select value={container} onChange={(event) => setContainer(event.currentTarget.value)}>
            {pod.containers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="check">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
          Follow
        </label>
      </div>
      {message !== undefined && <p class="failed">{message}</p>}
      <Text lines={lines} />
    </section>
  );
}

function Text({ lines }: { readonly lines: Lines }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const text = lines.rest === "" ? lines.lines : [...lines.lines, lines.rest];
  return (
    <pre
      ref={box}
      class="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      role="log"
      aria-label="Log"
      aria-live="off"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {lines.dropped > 0 && (
        <span class="muted">
          … {lines.dropped} earlier lines are left out{"\n"}
        </span>
      )}
      {text.length === 0 ? <span class="muted">The container has written nothing yet.</span> : text.join("\n")}
    </pre>
  );
}

function useLog(pod: PodItem, container: string, follow: boolean): { lines: Lines; message: string | undefined } {
  const { api } = useApp().machine;
  const [lines, setLines] = useState(NO_LINES);
  const [message, setMessage] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    setLines(NO_LINES);
    setMessage(undefined);
    const query = { key: pod.key, container, tail: TAIL, follow: follow ? 1 : undefined };
    const got = (text: string): void => setLines((before) => withText(before, text, MOST));
    api.logs(query, abort.signal, got).catch((error: unknown) => {
      if (!abort.signal.aborted) setMessage(messageOf(error));
    });
    return () => abort.abort();
    // Another pod of the same name has another log.
  }, [pod.key, pod.uid, container, follow]);
  return { lines, message };
}
