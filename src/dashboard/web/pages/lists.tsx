/** Lists of everything of one kind, to look through and filter. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../parts/context.ts";
import { HealthWord } from "../parts/health.tsx";
import { ClusterLink, ItemLink, NamespaceLink } from "../parts/item-link.tsx";
import { type Row, Table } from "../parts/table.tsx";
import { clusterNamed, compare, isSystem, nameOfID } from "../state/catalog.ts";
import { clusterOf } from "../state/reach.ts";
import { ago, counted, HEALTH_WORDS, latency } from "../state/words.ts";

const MOST = 500;

interface Listed {
  /** What the filter looks into. */
  readonly text: string;
  readonly row: () => Row;
}

function ListPage(props: {
  readonly title: string;
  readonly lead: string;
  readonly head: readonly string[];
  readonly all: readonly Listed[];
}) {
  const { title, lead, head, all } = props;
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = all.filter(({ text }) => words.every((word) => text.includes(word)));
  return (
    <>
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{lead}</p>
      <div class="toolbar">
        <label class="field">
          Filter
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
        <span class="muted" role="status">
          {words.length === 0 ? counted(all.length, "row") : `${matching.length} of ${counted(all.length, "row")}`}
        </span>
      </div>
      <Table
        caption={title}
        head={head}
        rows={matching.slice(0, MOST).map(({ row }) => row())}
        none="There is nothing to show."
      />
      {matching.length > MOST && <p class="muted">Only the first {MOST} are shown: filter for the others.</p>}
    </>
  );
}

function listed(
  words: readonly (string | undefined)[],
  key: string,
  cells: () => readonly ComponentChildren[],
): Listed {
  return { text: words.join(" ").toLowerCase(), row: () => ({ key, cells: cells() }) };
}

export function PodsPage() {
  const app = useApp();
  const catalog = app.catalog.value;
  const wanted = app.place.value.namespace;
  const pods = catalog.of.pod
    .filter(({ namespace }) => wanted === undefined || namespace === wanted)
    .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name) || compare(a.cluster, b.cluster));
  const all = pods.map((pod) => {
    const away = pod.twin === undefined ? undefined : clusterOf(pod.twin);
    const role =
      pod.role === "native"
        ? "at home"
        : pod.role === "offloaded"
          ? `runs in ${away ?? "a peer"}`
          : `for ${away ?? "a peer"}`;
    const words = [pod.name, pod.namespace, pod.cluster, pod.node, pod.status, HEALTH_WORDS[pod.health], role, pod.ip];
    return listed(words, pod.key, () => [
      <ItemLink key="name" of={pod.key} />,
      <HealthWord key="health" health={pod.health} word={pod.status} />,
      <NamespaceLink key="namespace" cluster={pod.cluster} name={pod.namespace} />,
      <ClusterLink key="cluster" name={pod.cluster} />,
      pod.node ?? "none yet",
      role,
      pod.ready,
      String(pod.restarts),
      ago(Date.parse(pod.createdAt), app.now.value),
    ]);
  });
  const head = ["Name", "Status", "Namespace", "Cluster", "Node", "Where", "Ready", "Restarts", "Made"];
  return <ListPage title="Pods" lead="Of all clusters, twins included." head={head} all={all} />;
}

export function NamespacesPage() {
  const catalog = useApp().catalog.value;
  const counts = new Map<string, number>();
  for (const { cluster, namespace } of catalog.of.pod)
    counts.set(`${cluster}/${namespace}`, (counts.get(`${cluster}/${namespace}`) ?? 0) + 1);
  const namespaces = [...catalog.of.namespace].sort(
    (a, b) =>
      Number(isSystem(a.name)) - Number(isSystem(b.name)) || compare(a.name, b.name) || compare(a.cluster, b.cluster),
  );
  const all = namespaces.map((item) => {
    const origin = item.origin;
    const state =
      origin !== undefined
        ? `twin of ${origin.namespace} in ${nameOfID(catalog, origin.clusterID)}`
        : item.offloading === undefined
          ? "not offloaded"
          : `offloaded (${item.offloading.strategy}), ${item.offloading.phase}`;
    return listed([item.name, item.cluster, item.phase, state], item.key, () => [
      <ItemLink key="name" of={item.key} />,
      <ClusterLink key="cluster" name={item.cluster} />,
      state,
      String(counts.get(`${item.cluster}/${item.name}`) ?? 0),
      item.phase,
    ]);
  });
  const head = ["Name", "Cluster", "Offloading", "Pods", "Phase"];
  return <ListPage title="Namespaces" lead="Which of them reach into other clusters." head={head} all={all} />;
}

export function ServicesPage() {
  const catalog = useApp().catalog.value;
  const services = [...catalog.of.service].sort(
    (a, b) =>
      Number(isSystem(a.namespace)) - Number(isSystem(b.namespace)) ||
      compare(a.namespace, b.namespace) ||
      compare(a.name, b.name),
  );
  const all = services.map((item) => {
    const origin = item.origin === undefined ? "" : `copy from ${nameOfID(catalog, item.origin)}`;
    const ready = item.endpoints.filter((endpoint) => endpoint.ready).length;
    const ports = item.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(", ");
    const words = [item.name, item.namespace, item.cluster, item.type, item.clusterIP, ...item.external, origin, ports];
    return listed(words, item.key, () => [
      <ItemLink key="name" of={item.key} />,
      <NamespaceLink key="namespace" cluster={item.cluster} name={item.namespace} />,
      <ClusterLink key="cluster" name={item.cluster} />,
      item.type,
      ports,
      `${ready} of ${item.endpoints.length} ready`,
      origin,
    ]);
  });
  const head = ["Name", "Namespace", "Cluster", "Type", "Ports", "Endpoints", "Origin"];
  return <ListPage title="Services" lead="Of all clusters, copies included." head={head} all={all} />;
}

export function PeeringsPage() {
  const app = useApp();
  const catalog = app.catalog.value;
  const all = catalog.of.peering.map((item) => {
    const peer = nameOfID(catalog, item.peer);
    const roundTrip = app.samples.value.get(item.key)?.latencyMs ?? item.connection?.latencyMs;
    const words = [item.cluster, peer, item.peer, item.role, HEALTH_WORDS[item.health], item.connection?.state];
    return listed(words, item.key, () => [
      <ItemLink key="name" of={item.key}>
        {item.cluster} → {peer}
      </ItemLink>,
      <HealthWord key="health" health={item.health} word={item.health === "good" ? "healthy" : undefined} />,
      roleWords(item.role),
      item.connection?.state ?? "no tunnel",
      roundTrip === undefined ? "" : latency(roundTrip),
      clusterNamed(catalog, peer) === undefined ? "not looked at" : "",
    ]);
  });
  const head = ["Peering", "Health", "Role", "Tunnel", "Round trip", "Peer"];
  return <ListPage title="Peerings" lead="As each of the two clusters sees them." head={head} all={all} />;
}

/** What a cluster does, by what its peer is to it. */
export function roleWords(role: "Consumer" | "Provider" | "ConsumerAndProvider" | "Unknown"): string {
  return {
    Provider: "uses the peer's resources",
    Consumer: "lends resources to the peer",
    ConsumerAndProvider: "uses and lends resources",
    Unknown: "not known",
  }[role];
}
