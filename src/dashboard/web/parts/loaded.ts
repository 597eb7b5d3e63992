/** What a request answered, again whenever `inputs` change. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../state/api.ts";

export type Loaded<T> =
  | { readonly state: "waiting"; readonly value?: T }
  | { readonly state: "got"; readonly value: T }
  | { readonly state: "failed"; readonly message: string; readonly value?: T };

export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "waiting" });
  useEffect(() => {
    const abort = new AbortController();
    // What was there stays until the next is.
    setLoaded((before) =>
      before.value === undefined ? { state: "waiting" } : { state: "waiting", value: before.value },
    );
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setLoaded({ state: "got", value });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded({ state: "failed", message: messageOf(error) });
      },
    );
    return () => abort.abort();
  }, inputs);
  return loaded;
}
