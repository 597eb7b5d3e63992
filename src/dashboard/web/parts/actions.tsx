/** Buttons for what can be done; each asks first, and shows the command that does the same. */
import { useEffect, useState } from "preact/hooks";
import type { Item } from "../../model/items.ts";
import type { Action, ActionAnswer } from "../../model/protocol.ts";
import { type Offer, offersOf } from "../state/actions.ts";
import { messageOf } from "../state/api.ts";
import { useApp } from "./context.ts";
import { Dialog } from "./dialog.tsx";

export function Actions({ item, small = false }: { readonly item: Item; readonly small?: boolean }) {
  const app = useApp();
  const [asked, setAsked] = useState<Offer>();
  // The past can't be acted on.
  const offers = app.at.value === undefined ? offersOf(item, app.about.value) : [];
  if (offers.length === 0 && asked === undefined) return null;
  return (
    <div class={small ? "actions small" : "actions"}>
      {offers.map((offer) => (
        <button
          key={offer.label}
          type="button"
          class={offer.danger ? "danger" : ""}
          aria-haspopup="dialog"
          onClick={() => setAsked(offer)}
        >
          {offer.label}
        </button>
      ))}
      {asked !== undefined && <Confirm offer={asked} close={() => setAsked(undefined)} />}
    </div>
  );
}

type Step =
  | { readonly is: "planning" | "asking" | "doing" }
  | { readonly is: "done"; readonly answer: ActionAnswer }
  | { readonly is: "failed"; readonly message: string };

function Confirm({ offer, close }: { readonly offer: Offer; readonly close: () => void }) {
  const { api } = useApp().machine;
  const [replicas, setReplicas] = useState(offer.replicas);
  const [command, setCommand] = useState<string>();
  const [step, setStep] = useState<Step>({ is: "planning" });
  const request = withReplicas(offer.request, replicas);
  const failed = (error: unknown): void => setStep({ is: "failed", message: messageOf(error) });
  useEffect(() => {
    let old = false;
    api.act({ request, plan: true }).then(
      (answer) => {
        if (old) return;
        setCommand(answer.command);
        setStep({ is: "asking" });
      },
      (error: unknown) => old || failed(error),
    );
    return () => {
      old = true;
    };
  }, [replicas]);
  const act = (): void => {
    setStep({ is: "doing" });
    api.act({ request, plan: false }).then((answer) => setStep({ is: "done", answer }), failed);
  };
  return (
    <Dialog title={offer.label} onClose={close}>
      <h2>{offer.label}</h2>
      <p>{offer.asks}</p>
      {replicas !== undefined && step.is !== "done" && <Replicas value={replicas} set={setReplicas} />}
      <p class="muted">The same on the command line:</p>
      <pre class="command">{command ?? "…"}</pre>
      <Outcome step={step} />
      <p class="end">
        <button type="button" onClick={close}>
          {step.is === "done" || step.is === "failed" ? "Close" : "Leave it"}
        </button>
        {step.is !== "done" && step.is !== "failed" && (
          <button type="button" class={offer.danger ? "danger" : "main"} disabled={step.is !== "asking"} onClick={act}>
            {step.is === "doing" ? "Doing it …" : "Do it"}
          </button>
        )}
      </p>
    </Dialog>
  );
}

function Replicas({ value, set }: { readonly value: number; readonly set: (value: number) => void }) {
  return (
    <label class="field">
      Pods
      <input
        type="number"
        min={0}
        max={1000}
        value={value}
        onInput={(event) => {
          const count = event.currentTarget.valueAsNumber;
          if (Number.isInteger(count) && count >= 0) set(count);
        }}
      />
    </label>
  );
}

function Outcome({ step }: { readonly step: Step }) {
  const text =
    step.is === "failed"
      ? step.message
      : step.is === "done"
        ? (step.answer.says ?? (step.answer.done ? "Done." : "It was not done."))
        : "";
  return (
    <p role="status" class={step.is === "failed" ? "failed" : ""}>
      {text}
    </p>
  );
}

function withReplicas(request: Action, replicas: number | undefined): Action {
  return request.action === "scale" && replicas !== undefined ? { ...request, replicas } : request;
}
