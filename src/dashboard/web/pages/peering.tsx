/** One peering, from one side: the way through the network, what is granted and used, what it rests on. */
import type { PeeringItem } from "../../model/items.ts";
import { Bar } from "../parts/bar.tsx";
import { useApp } from "../parts/context.ts";
import { Facts } from "../parts/facts.tsx";
import { HealthSign, HealthWord } from "../parts/health.tsx";
import { ClusterLink, ItemLink } from "../parts/item-link.tsx";
import { PeeringCurves } from "../parts/peering-curves.tsx";
import { Table } from "../parts/table.tsx";
import { Title } from "../parts/title.tsx";
import { WhyPart } from "../parts/why.tsx";
import { nameOfID, otherSide } from "../state/catalog.ts";
import { hopsOf } from "../state/hops.ts";
import {
  amounts,
  bytes,
  conditionHealth,
  cores,
  duration,
  HEALTH_WORDS,
  latency,
  percent,
  rate,
} from "../state/words.ts";
import { roleWords } from "./lists.tsx";

const SOON_MS = 7 * 24 * 3_600_000;

export function PeeringPage({ peering }: { readonly peering: PeeringItem }) {
  const app = useApp();
  const catalog = app.catalog.value;
  const peer = nameOfID(catalog, peering.peer);
  const other = otherSide(catalog, peering);
  const sample = app.at.value === undefined ? app.samples.value.get(peering.key) : undefined;
  const roundTrip = sample?.latencyMs ?? peering.connection?.latencyMs;
  return (
    <>
      <Title
        item={peering}
        name={`${peering.cluster} → ${peer}`}
        health={peering.health}
        word={peering.health === "good" ? "healthy" : HEALTH_WORDS[peering.health]}
      >
        {peering.cluster} {roleWords(peering.role).replace("the peer", peer)}.{" "}
        {other !== undefined && <ItemLink of={other.key}>The same as {peer} sees it</ItemLink>}
      </Title>
      <Facts
        of={[
          ["Cluster", <ClusterLink key="c" name={peering.cluster} />],
          ["Peer", <ClusterLink key="p" name={peer} />],
          ["Round trip", roundTrip === undefined ? undefined : latency(roundTrip)],
          ["Received", sample?.received === undefined ? undefined : rate(sample.received)],
          ["Sent", sample?.sent === undefined ? undefined : rate(sample.sent)],
          ["Lost", sample?.loss === undefined ? undefined : percent(sample.loss)],
        ]}
      />
      <Hops peering={peering} peer={peer} other={other} />
      <PeeringCurves peering={peering} />
      <Slices peering={peering} peer={peer} />
      <div class="columns">
        <Modules peering={peering} />
        <Certificates peering={peering} />
      </div>
      <Cidrs peering={peering} peer={peer} />
      {app.at.value === undefined && <WhyPart of={peering.key} fresh={peering.health} />}
    </>
  );
}

function Hops(props: {
  readonly peering: PeeringItem;
  readonly peer: string;
  readonly other: PeeringItem | undefined;
}) {
  const { peering, peer, other } = props;
  return (
    <section aria-labelledby="hops">
      <h2 id="hops">The way of a packet</h2>
      <ol class="hops">
        {hopsOf(peering, peering.cluster, peer, other).map(({ title, says, health }) => (
          <li key={title} class={health ?? ""}>
            {health !== undefined && <HealthSign health={health} />}
            <strong>{title}</strong>
            <span>{says}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Slices({ peering, peer }: { readonly peering: PeeringItem; readonly peer: string }) {
  if (peering.slices.length === 0) return null;
  return (
    <section aria-labelledby="slices">
      <h2 id="slices">Resources granted and used</h2>
      {peering.slices.map(({ name, accepted, granted, used, message }) => (
        <div key={name} class="slice">
          <p>
            <strong>{name}</strong>{" "}
            <HealthWord health={accepted ? "good" : "waiting"} word={accepted ? "accepted" : "not accepted yet"} />{" "}
            <span class="muted">{accepted ? `${peer} grants ${amounts(granted)}` : (message ?? "")}</span>
          </p>
          {accepted && (
            <>
              <Bar label="CPU" used={used.cpu} of={granted.cpu} words={`${cores(used.cpu)} of ${cores(granted.cpu)}`} />
              <Bar
                label="Memory"
                used={used.memory}
                of={granted.memory}
                words={`${bytes(used.memory)} of ${bytes(granted.memory)}`}
              />
              {granted.pods !== undefined && (
                <Bar
                  label="Pods"
                  used={used.pods ?? 0}
                  of={granted.pods}
                  words={`${used.pods ?? 0} of ${granted.pods}`}
                />
              )}
            </>
          )}
        </div>
      ))}
    </section>
  );
}

function Modules({ peering }: { readonly peering: PeeringItem }) {
  return (
    <section aria-labelledby="modules">
      <h2 id="modules">Modules</h2>
      <ul class="modules">
        {peering.modules.map(({ name, enabled, conditions }) => (
          <li key={name}>
            <strong>{name}</strong> {enabled ? "" : <span class="muted">not in use</span>}
            <ul>
              {conditions.map(({ type, status, message }) => (
                <li key={type}>
                  <HealthWord health={conditionHealth(status)} word={`${type}: ${status}`} />
                  {message !== undefined && <p class="muted">{message}</p>}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Certificates({ peering }: { readonly peering: PeeringItem }) {
  const app = useApp();
  if (peering.certificates.length === 0) return null;
  return (
    <section aria-labelledby="certificates">
      <h2 id="certificates">Certificates</h2>
      <ul class="modules">
        {peering.certificates.map(({ name, endsAt }) => {
          const left = Date.parse(endsAt) - app.now.value;
          const health = left <= 0 ? "bad" : left < SOON_MS ? "waiting" : "good";
          return (
            <li key={name}>
              <strong>{name}</strong>{" "}
              <HealthWord
                health={health}
                word={left <= 0 ? `ended ${duration(-left)} ago` : `${duration(left)} left`}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Cidrs({ peering, peer }: { readonly peering: PeeringItem; readonly peer: string }) {
  const rows = peering.cidrs.map(({ what, theirs, here }) => ({
    key: `${what} ${theirs}`,
    cells: [what === "pod" ? "Pods" : "Everything else (external CIDR)", theirs, here, theirs === here ? "no" : "yes"],
  }));
  const head = ["Addresses of", `As ${peer} calls them`, `As ${peering.cluster} calls them`, "Translated"];
  return (
    <section aria-labelledby="cidrs">
      <h2 id="cidrs">Addresses</h2>
      <Table caption="Addresses" head={head} rows={rows} none="None are agreed yet." />
    </section>
  );
}
