/** One cluster: its nodes and its peerings. */
import type { ClusterItem } from "../../model/items.ts";
import { useApp } from "../parts/context.ts";
import { Facts } from "../parts/facts.tsx";
import { HealthWord } from "../parts/health.tsx";
import { ItemLink } from "../parts/item-link.tsx";
import { Table } from "../parts/table.tsx";
import { Title } from "../parts/title.tsx";
import { compare, nameOfID } from "../state/catalog.ts";
import { amounts, counted } from "../state/words.ts";
import { roleWords } from "./lists.tsx";

export function ClusterPage({ cluster }: { readonly cluster: ClusterItem }) {
  const catalog = useApp().catalog.value;
  const isHere = (each: { readonly cluster: string }): boolean => each.cluster === cluster.cluster;
  const nodes = catalog.of.node
    .filter(isHere)
    .sort((a, b) => compare(a.name, b.name))
    .map((node) => ({
      key: node.key,
      cells: [
        <ItemLink key="n" of={node.key} />,
        <HealthWord key="h" health={node.ready ? "good" : "bad"} word={node.ready ? "Ready" : "NotReady"} />,
        node.provider === undefined ? "" : nameOfID(catalog, node.provider),
        amounts(node.allocatable),
      ],
    }));
  const peerings = catalog.of.peering.filter(isHere).map((peering) => ({
    key: peering.key,
    cells: [
      <ItemLink key="n" of={peering.key}>
        {nameOfID(catalog, peering.peer)}
      </ItemLink>,
      <HealthWord key="h" health={peering.health} word={peering.health === "good" ? "healthy" : undefined} />,
      roleWords(peering.role),
    ],
  }));
  return (
    <>
      <Title
        item={cluster}
        health={cluster.reachable ? "good" : "bad"}
        word={cluster.reachable ? "answers" : "does not answer"}
      >
        {cluster.message}
      </Title>
      <Facts
        of={[
          ["Liqo's cluster ID", cluster.id ?? "Liqo is not installed, or may not be read"],
          ["Kubernetes", cluster.version],
          ["Pods", counted(catalog.of.pod.filter(isHere).length, "pod")],
        ]}
      />
      <section aria-labelledby="nodes">
        <h2 id="nodes">Nodes</h2>
        <Table
          caption="Nodes"
          head={["Name", "State", "Stands for", "Room for pods"]}
          rows={nodes}
          none="No nodes are seen."
        />
      </section>
      <section aria-labelledby="peerings">
        <h2 id="peerings">Peerings</h2>
        <Table caption="Peerings" head={["Peer", "Health", "Role"]} rows={peerings} none="It peers with nobody." />
      </section>
    </>
  );
}
