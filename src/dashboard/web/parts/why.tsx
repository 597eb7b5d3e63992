/** The chain of `liqoctl why`: from what was wanted to what is so. */
import type { Why } from "../../model/protocol.ts";
import { useApp } from "./context.ts";
import { HealthSign } from "./health.tsx";
import { useLoaded } from "./loaded.ts";

const SIGN = { ok: "good", broken: "bad", unknown: "waiting" } as const;
const WORD = { ok: "in order", broken: "broken", unknown: "not known" } as const;

export function WhyPart({ of, fresh }: { readonly of: string; readonly fresh: unknown }) {
  const { api } = useApp().machine;
  const why = useLoaded((signal) => api.why(of, signal), [of, fresh]);
  return (
    <section aria-labelledby="why" aria-busy={why.state === "waiting"}>
      <h2 id="why">From intent to reality</h2>
      {why.state === "failed" && <p class="failed">{why.message}</p>}
      {why.value !== undefined && <Chain why={why.value} />}
      {why.state === "waiting" && why.value === undefined && <p class="empty">Walking the chain …</p>}
    </section>
  );
}

function Chain({ why }: { readonly why: Why }) {
  return (
    <>
      <p>
        {why.whole
          ? "Every link is in order."
          : why.links.some(({ state }) => state === "broken")
            ? "The chain breaks at the link marked as broken."
            : "Some links can't be seen from here."}
      </p>
      <ol class="chain">
        {why.links.map(({ link, state, says, hint }) => (
          <li key={`${link} ${says}`} class={state}>
            <HealthSign health={SIGN[state]} />
            <div>
              <strong>{link.charAt(0).toUpperCase() + link.slice(1)}</strong>{" "}
              <span class="hidden">({WORD[state]})</span>
              <p>{says}</p>
              {hint !== undefined && <p class="hint">{hint}</p>}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
