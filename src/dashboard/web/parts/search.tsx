/** Finds any item by its name, namespace, cluster, status or address. */
import { useState } from "preact/hooks";
import type { Item } from "../../model/items.ts";
import { found } from "../state/search.ts";
import { kindWords, nameOf } from "../state/words.ts";
import { useApp } from "./context.ts";
import { Dialog } from "./dialog.tsx";
import { hrefOfAny } from "./item-link.tsx";

const MOST = 30;

export function SearchDialog() {
  const app = useApp();
  if (app.open.value !== "search") return null;
  return <Search close={() => (app.open.value = "nothing")} />;
}

function Search({ close }: { readonly close: () => void }) {
  const app = useApp();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const hits = found(app.catalog.value.items, query, MOST);
  const open = (item: Item | undefined): void => {
    if (item === undefined) return;
    location.hash = hrefOfAny(app, item);
    close();
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(hits.length - 1, chosen + step)));
    } else if (event.key === "Enter") open(hits[chosen]);
  };
  return (
    <Dialog title="Search" onClose={close} wide>
      <input
        class="search"
        type="text"
        role="combobox"
        aria-label="Search pods, Services, namespaces, nodes, peerings"
        aria-expanded={hits.length > 0}
        aria-controls="hits"
        aria-activedescendant={hits.length > 0 ? `hit-${chosen}` : undefined}
        placeholder="Name, namespace, cluster, status, address …"
        autoComplete="off"
        spellcheck={false}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={pressed}
      />
      <div id="hits" role="listbox" aria-label="Found">
        {hits.map((item, index) => (
          <Hit key={item.key} item={item} index={index} chosen={index === chosen} open={() => open(item)} />
        ))}
      </div>
      {query !== "" && hits.length === 0 && <p class="empty">Nothing has all of these words.</p>}
    </Dialog>
  );
}

function Hit(props: {
  readonly item: Item;
  readonly index: number;
  readonly chosen: boolean;
  readonly open: () => void;
}) {
  const { item, index, chosen, open } = props;
  const place = "namespace" in item ? `${item.cluster} / ${item.namespace}` : item.cluster;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: arrows and Enter are handled by the combobox
    <div id={`hit-${index}`} role="option" tabIndex={-1} aria-selected={chosen} class="hit" onClick={open}>
      <span class="kind">{kindWords(item)}</span> <strong>{nameOf(item)}</strong> <span class="muted">{place}</span>
    </div>
  );
}
