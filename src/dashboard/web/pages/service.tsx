/** One Service: its endpoints, which pods they are, and who reaches it how. */
import type { ServiceItem } from "../../model/items.ts";
import { useApp } from "../parts/context.ts";
import { Facts } from "../parts/facts.tsx";
import { HealthWord } from "../parts/health.tsx";
import { ClusterLink, ItemLink, NamespaceLink } from "../parts/item-link.tsx";
import { Table } from "../parts/table.tsx";
import { Title } from "../parts/title.tsx";
import { WhyPart } from "../parts/why.tsx";
import { YamlPart } from "../parts/yaml.tsx";
import { nameOfID } from "../state/catalog.ts";
import { dnsName, type Reach, reachOf, runsIn } from "../state/reach.ts";
import { counted } from "../state/words.ts";

export function ServicePage({ service }: { readonly service: ServiceItem }) {
  const app = useApp();
  const catalog = app.catalog.value;
  const ready = service.endpoints.filter((endpoint) => endpoint.ready).length;
  const ports = service.ports.map(({ name, port, protocol, nodePort }) =>
    [name, `${port}/${protocol}`, nodePort === undefined ? undefined : `on nodes ${nodePort}`]
      .filter(Boolean)
      .join(" "),
  );
  return (
    <>
      <Title
        item={service}
        health={ready > 0 ? "good" : service.endpoints.length > 0 ? "bad" : "waiting"}
        word={`${ready} of ${counted(service.endpoints.length, "endpoint")} ready`}
      >
        {service.origin !== undefined && (
          <>A copy of the Service of {nameOfID(catalog, service.origin)}, kept by Liqo.</>
        )}
      </Title>
      <Facts
        of={[
          ["Namespace", <NamespaceLink key="n" cluster={service.cluster} name={service.namespace} />],
          ["Cluster", <ClusterLink key="c" name={service.cluster} />],
          ["Type", service.type],
          ["Cluster IP", service.clusterIP],
          ["From outside", service.external.join(", ")],
          ["Ports", ports.join(", ")],
        ]}
      />
      <section aria-labelledby="reach">
        <h2 id="reach">Who reaches it how</h2>
        <ul class="reach">
          {reachOf(catalog, service).map((reach) => (
            <ReachLine key={reach.service.key} reach={reach} />
          ))}
        </ul>
      </section>
      <Endpoints service={service} />
      {app.at.value === undefined && (
        <>
          <WhyPart of={service.key} fresh={service} />
          <YamlPart of={service.key} />
        </>
      )}
    </>
  );
}

function ReachLine({ reach }: { readonly reach: Reach }) {
  const { service, copy, ready, all, runsIn: places } = reach;
  const where = places.map(({ cluster, count }) =>
    cluster === service.cluster ? `${count} in the same cluster` : `${count} in ${cluster}, through the tunnel`,
  );
  return (
    <li>
      <HealthWord health={ready > 0 ? "good" : "bad"} word={service.cluster} />
      <p>
        Pods of {service.cluster} call it{" "}
        <code>
          {dnsName(service)}
          {service.ports[0] === undefined ? "" : `:${service.ports[0].port}`}
        </code>
        {copy ? ", a copy that Liqo keeps" : ", the original"}.{" "}
        {ready === 0
          ? `None of ${counted(all, "endpoint")} is ready: it is not reached.`
          : `It leads to ${counted(ready, "ready endpoint")}: ${where.join(", ")}.`}
        {service.external.length > 0 && ` From outside: ${service.external.join(", ")}.`}
      </p>
    </li>
  );
}

function Endpoints({ service }: { readonly service: ServiceItem }) {
  const catalog = useApp().catalog.value;
  const rows = service.endpoints.map(({ address, ready, pod }) => ({
    key: address,
    cells: [
      address,
      <HealthWord key="h" health={ready ? "good" : "waiting"} word={ready ? "ready" : "not ready"} />,
      pod === undefined ? "not known" : <ItemLink key="p" of={pod} />,
      runsIn(catalog, pod) ?? "not known",
    ],
  }));
  return (
    <section aria-labelledby="endpoints">
      <h2 id="endpoints">Endpoints</h2>
      <Table
        caption="Endpoints"
        head={["Address", "State", "Pod", "Runs in"]}
        rows={rows}
        none="It has no endpoints."
      />
    </section>
  );
}
