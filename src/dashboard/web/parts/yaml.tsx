import { useState } from "preact/hooks";
import { useApp } from "./context.ts";
import { useLoaded } from "./loaded.ts";

/** The object itself, read when somebody opens it. */
export function YamlPart({ of }: { readonly of: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="yaml" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The object as YAML</summary>
      {open && <Yaml of={of} />}
    </details>
  );
}

function Yaml({ of }: { readonly of: string }) {
  const { api } = useApp().machine;
  const text = useLoaded((signal) => api.object(of, signal), [of]);
  if (text.state === "failed") return <p class="failed">{text.message}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <pre class="log" tabIndex={0}>
      {text.value ?? "…"}
    </pre>
  );
}
