/** One namespace: its pods with their twins, what is copied into it, where it is offloaded to. */
import type { NamespaceItem, PodItem } from "../../model/items.ts";
import { Actions } from "../parts/actions.tsx";
import { useApp } from "../parts/context.ts";
import { Facts } from "../parts/facts.tsx";
import { HealthWord } from "../parts/health.tsx";
import { ClusterLink, ItemLink } from "../parts/item-link.tsx";
import { Table } from "../parts/table.tsx";
import { Title } from "../parts/title.tsx";
import { WhyPart } from "../parts/why.tsx";
import { type Catalog, compare, nameOfID, twinOf } from "../state/catalog.ts";
import { clusterOf } from "../state/reach.ts";
import { ago, counted } from "../state/words.ts";

export function NamespacePage({ item }: { readonly item: NamespaceItem }) {
  const app = useApp();
  const catalog = app.catalog.value;
  const isHere = (each: { readonly cluster: string; readonly namespace: string }): boolean =>
    each.cluster === item.cluster && each.namespace === item.name;
  const pods = catalog.of.pod.filter(isHere).sort((a, b) => compare(a.name, b.name));
  return (
    <>
      <Title item={item}>
        <Offloading item={item} catalog={catalog} />
      </Title>
      <Facts
        of={[
          ["Cluster", <ClusterLink key="c" name={item.cluster} />],
          ["Phase", item.phase],
          ["Pods", podCounts(pods)],
          ["Strategy", item.offloading?.strategy],
          ["Name at the provider", item.offloading?.remoteName],
          [
            "Picture",
            <a key="p" href={app.href({ page: "federation", namespace: item.origin?.namespace ?? item.name })}>
              only this namespace
            </a>,
          ],
        ]}
      />
      <Workloads item={item} />
      <Pods pods={pods} />
      <Services item={item} />
      <Reflected item={item} />
      {app.at.value === undefined && <WhyPart of={item.key} fresh={item} />}
    </>
  );
}

function podCounts(pods: readonly PodItem[]): string {
  const away = pods.filter(({ role }) => role === "offloaded").length;
  return away === 0 ? String(pods.length) : `${pods.length}, ${away} of them in another cluster`;
}

function Offloading({ item, catalog }: { readonly item: NamespaceItem; readonly catalog: Catalog }) {
  if (item.origin !== undefined)
    return (
      <>
        The twin of namespace {item.origin.namespace} of {nameOfID(catalog, item.origin.clusterID)}: pods from there run
        here.
      </>
    );
  if (item.offloading === undefined) return <>Not offloaded: its pods stay in {item.cluster}.</>;
  const phase = item.offloading.phase === "Ready" ? "" : ` Its state is ${item.offloading.phase}.`;
  return (
    <>
      Offloaded: its pods may run in the clusters that {item.cluster} peers with.{phase}
    </>
  );
}

function Workloads({ item }: { readonly item: NamespaceItem }) {
  const workloads = useApp().catalog.value.of.workload.filter(
    ({ cluster, namespace }) => cluster === item.cluster && namespace === item.name,
  );
  if (workloads.length === 0) return null;
  const rows = workloads.map((workload) => ({
    key: workload.key,
    cells: [
      workload.name,
      workload.of,
      <HealthWord
        key="h"
        health={workload.ready >= workload.wanted ? "good" : "waiting"}
        word={`${workload.ready} of ${workload.wanted} ready`}
      />,
      <Actions key="a" item={workload} small />,
    ],
  }));
  return (
    <section aria-labelledby="workloads">
      <h2 id="workloads">Workloads</h2>
      <Table caption="Workloads" head={["Name", "Kind", "Pods", "Actions"]} rows={rows} none="" />
    </section>
  );
}

function Pods({ pods }: { readonly pods: readonly PodItem[] }) {
  const app = useApp();
  const rows = pods.map((pod) => {
    const twin = twinOf(app.catalog.value, pod);
    const away = pod.twin === undefined ? undefined : clusterOf(pod.twin);
    return {
      key: pod.key,
      cells: [
        <ItemLink key="name" of={pod.key} />,
        <HealthWord key="h" health={pod.health} word={pod.status} />,
        pod.node ?? "none yet",
        pod.twin === undefined ? (
          ""
        ) : (
          <ItemLink key="twin" of={pod.twin}>
            {twin === undefined ? `in ${away}` : `${twin.status} on ${twin.node ?? "no node"}, ${away}`}
          </ItemLink>
        ),
        pod.ready,
        String(pod.restarts),
      ],
    };
  });
  return (
    <section aria-labelledby="pods">
      <h2 id="pods">Pods</h2>
      <Table
        caption="Pods"
        head={["Name", "Status", "Node", "Twin", "Ready", "Restarts"]}
        rows={rows}
        none="No pods."
      />
    </section>
  );
}

function Services({ item }: { readonly item: NamespaceItem }) {
  const services = useApp().catalog.value.of.service.filter(
    ({ cluster, namespace }) => cluster === item.cluster && namespace === item.name,
  );
  if (services.length === 0) return null;
  const rows = services.map((service) => ({
    key: service.key,
    cells: [
      <ItemLink key="n" of={service.key} />,
      service.type,
      `${service.endpoints.filter(({ ready }) => ready).length} of ${counted(service.endpoints.length, "endpoint")} ready`,
    ],
  }));
  return (
    <section aria-labelledby="services">
      <h2 id="services">Services</h2>
      <Table caption="Services" head={["Name", "Type", "Endpoints"]} rows={rows} none="" />
    </section>
  );
}

function Reflected({ item }: { readonly item: NamespaceItem }) {
  const app = useApp();
  const catalog = app.catalog.value;
  const objects = catalog.of.reflected.filter(
    ({ cluster, namespace }) => cluster === item.cluster && namespace === item.name,
  );
  if (objects.length === 0) return null;
  const failing = objects.filter(({ lastError }) => lastError !== undefined).length;
  const rows = [...objects]
    .sort((a, b) => Number(b.lastError !== undefined) - Number(a.lastError !== undefined) || compare(a.of, b.of))
    .map((object) => ({
      key: object.key,
      cells: [
        object.name,
        object.of,
        nameOfID(catalog, object.origin),
        ago(Date.parse(object.createdAt), app.now.value),
        object.lastError === undefined ? (
          "none"
        ) : (
          <span key="e" class="warning">
            ⚠ {object.lastError}
          </span>
        ),
      ],
    }));
  return (
    <section aria-labelledby="reflected">
      <h2 id="reflected">Copied from other clusters</h2>
      <p>
        {counted(objects.length, "object")}
        {failing === 0 ? "." : `, ${failing} with an error.`}
      </p>
      <Table caption="Reflected objects" head={["Name", "Kind", "From", "Made", "Last error"]} rows={rows} none="" />
    </section>
  );
}
