/** One look says what is where. */
import { useMemo, useState } from "preact/hooks";
import { useApp } from "../parts/context.ts";
import { Legend } from "../picture/legend.tsx";
import { Picture } from "../picture/picture.tsx";
import { type Catalog, compare, homeOf, isSystem, selectedPods } from "../state/catalog.ts";
import { counted, inventory, type Trouble, troubles } from "../state/words.ts";

const TROUBLES_SHOWN = 4;

export function FederationPage() {
  const app = useApp();
  const catalog = app.catalog.value;
  const namespace = app.place.value.namespace;
  const [system, setSystem] = useState(false);
  const pods = useMemo(() => selectedPods(catalog, { namespace, system }), [catalog, namespace, system]);
  const problems = troubles(catalog, pods);
  const links = new Set(
    catalog.of.peering.map(({ cluster, peer }) => [cluster, catalog.byID.get(peer)?.cluster ?? peer].sort().join("\n")),
  );
  return (
    <>
      <h1 tabIndex={-1}>{headline(problems.length)}</h1>
      <p class="lead">{inventory(catalog, pods, links.size)}</p>
      <Troubles problems={problems} />
      <div class="toolbar">
        <NamespaceChoice catalog={catalog} system={system} />
        <label class="check">
          <input type="checkbox" checked={system} onChange={(event) => setSystem(event.currentTarget.checked)} />
          Pods of Kubernetes and Liqo
        </label>
      </div>
      <Legend />
      <Picture catalog={catalog} pods={pods} />
    </>
  );
}

function headline(problems: number): string {
  if (problems === 0) return "Everything runs as wanted";
  return `${counted(problems, "thing needs", "things need")} attention`;
}

function Troubles({ problems }: { readonly problems: readonly Trouble[] }) {
  const app = useApp();
  const [all, setAll] = useState(false);
  if (problems.length === 0) return null;
  const shown = all ? problems : problems.slice(0, TROUBLES_SHOWN);
  return (
    <ul class="troubles">
      {shown.map(({ key, title, says }) => (
        <li key={key}>
          <a href={app.hrefOfItem(key)}>{title}</a> <span>{says}</span>
        </li>
      ))}
      {shown.length < problems.length && (
        <li>
          <button type="button" class="plain" onClick={() => setAll(true)}>
            {problems.length - shown.length} more
          </button>
        </li>
      )}
    </ul>
  );
}

function NamespaceChoice({ catalog, system }: { readonly catalog: Catalog; readonly system: boolean }) {
  const app = useApp();
  const chosen = app.place.value.namespace;
  const homes = catalog.of.namespace.map(({ cluster, name }) => homeOf(catalog, cluster, name).namespace);
  const names = [...new Set(homes)].filter((name) => system || name === chosen || !isSystem(name)).sort(compare);
  return (
    <label class="field">
      Namespace
      <select
        value={chosen ?? ""}
        onChange={(event) => {
          const { namespace: _, ...place } = app.place.value;
          const name = event.currentTarget.value;
          app.choose(name === "" ? place : { ...place, namespace: name });
        }}
      >
        <option value="">All</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
