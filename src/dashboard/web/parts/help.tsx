import { KEYS } from "../state/keys.ts";
import { useApp } from "./context.ts";
import { Dialog } from "./dialog.tsx";

export function HelpDialog() {
  const app = useApp();
  if (app.open.value !== "help") return null;
  const close = (): void => {
    app.open.value = "nothing";
  };
  return (
    <Dialog title="Keyboard" onClose={close}>
      <h2>Keyboard</h2>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="end">
        <button type="button" onClick={close}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
