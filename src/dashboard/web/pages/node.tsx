/** One node, real or virtual, and its pods. */
import type { NodeItem } from "../../model/items.ts";
import { useApp } from "../parts/context.ts";
import { EventsPart } from "../parts/events.tsx";
import { Facts } from "../parts/facts.tsx";
import { HealthWord } from "../parts/health.tsx";
import { ClusterLink, ItemLink, NamespaceLink } from "../parts/item-link.tsx";
import { Table } from "../parts/table.tsx";
import { Title } from "../parts/title.tsx";
import { WhyPart } from "../parts/why.tsx";
import { compare, nameOfID } from "../state/catalog.ts";
import { amounts } from "../state/words.ts";

export function NodePage({ node }: { readonly node: NodeItem }) {
  const app = useApp();
  const catalog = app.catalog.value;
  const peer = node.provider === undefined ? undefined : nameOfID(catalog, node.provider);
  const rows = catalog.of.pod
    .filter((pod) => pod.cluster === node.cluster && pod.node === node.name)
    .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name))
    .map((pod) => ({
      key: pod.key,
      cells: [
        <ItemLink key="n" of={pod.key} />,
        <HealthWord key="h" health={pod.health} word={pod.status} />,
        <NamespaceLink key="s" cluster={pod.cluster} name={pod.namespace} />,
        pod.ready,
      ],
    }));
  return (
    <>
      <Title item={node} health={node.ready ? "good" : "bad"} word={node.ready ? "Ready" : "NotReady"}>
        {peer !== undefined && <>Stands for {peer}: pods that are placed here run there. </>}
        {node.cordoned && <>Cordoned: no further pods are placed here. </>}
        {node.message}
      </Title>
      <Facts
        of={[
          ["Cluster", <ClusterLink key="c" name={node.cluster} />],
          ["Room for pods", amounts(node.allocatable)],
          ["Pods", String(rows.length)],
        ]}
      />
      <section aria-labelledby="pods">
        <h2 id="pods">Pods</h2>
        <Table caption="Pods" head={["Name", "Status", "Namespace", "Ready"]} rows={rows} none="No pods." />
      </section>
      {app.at.value === undefined && (
        <>
          <WhyPart of={node.key} fresh={node} />
          <EventsPart of={node.key} fresh={node} />
        </>
      )}
    </>
  );
}
