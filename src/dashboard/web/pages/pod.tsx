/** One pod: why it is as it is, what both clusters say of it, what it writes. */
import type { PodItem } from "../../model/items.ts";
import { itemKey } from "../../model/items.ts";
import { ChangeList } from "../parts/changes.tsx";
import { useApp } from "../parts/context.ts";
import { EventsPart } from "../parts/events.tsx";
import { Facts } from "../parts/facts.tsx";
import { ClusterLink, ItemLink, NamespaceLink } from "../parts/item-link.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { LogsPart } from "../parts/logs.tsx";
import { ShellPart } from "../parts/shell.tsx";
import { Title } from "../parts/title.tsx";
import { WhyPart } from "../parts/why.tsx";
import { YamlPart } from "../parts/yaml.tsx";
import { twinOf } from "../state/catalog.ts";
import { failedAt } from "../state/picture.ts";
import { clusterOf } from "../state/reach.ts";
import { ago } from "../state/words.ts";

const BEFORE_MS = 30_000;
const SHOWN = 20;

export function PodPage({ pod }: { readonly pod: PodItem }) {
  const app = useApp();
  const fresh = `${pod.uid} ${pod.status} ${pod.ready} ${pod.node}`;
  return (
    <>
      <Title item={pod} health={pod.health} word={pod.status}>
        <Where pod={pod} />
      </Title>
      <Facts
        of={[
          ["Namespace", <NamespaceLink key="n" cluster={pod.cluster} name={pod.namespace} />],
          ["Cluster", <ClusterLink key="c" name={pod.cluster} />],
          [
            "Node",
            pod.node && (
              <ItemLink key="o" of={itemKey("node", pod.cluster, "", pod.node)}>
                {pod.node}
              </ItemLink>
            ),
          ],
          ["Address", pod.ip],
          ["Ready", pod.ready],
          ["Restarts", String(pod.restarts)],
          ["Made", made(pod, app.now.value)],
        ]}
      />
      <div class="columns">
        {app.at.value === undefined && <WhyPart of={pod.key} fresh={fresh} />}
        <History pod={pod} fresh={fresh} />
      </div>
      {app.at.value === undefined && (
        <>
          <EventsPart of={pod.key} fresh={fresh} />
          <LogsPart pod={pod} />
          {app.about.value.shell && <ShellPart key={pod.key} pod={pod} />}
          <YamlPart of={pod.key} />
        </>
      )}
    </>
  );
}

function made({ owner, createdAt }: PodItem, nowMs: number): string {
  const when = ago(Date.parse(createdAt), nowMs);
  return owner === undefined ? when : `${when}, by ${owner.replace("/", " ")}`;
}

function Where({ pod }: { readonly pod: PodItem }) {
  const app = useApp();
  if (pod.role === "native" || pod.twin === undefined)
    return <>{pod.node === undefined ? "Has no node yet." : `Runs at home, on ${pod.node} in ${pod.cluster}.`}</>;
  const twin = twinOf(app.catalog.value, pod);
  const cluster = clusterOf(pod.twin);
  const words = pod.role === "offloaded" ? `Runs in ${cluster}` : `Runs here for ${cluster}`;
  return (
    <>
      {words}
      {twin?.node === undefined || pod.role === "twin" ? "" : `, on ${twin.node}`}:{" "}
      {twin === undefined ? (
        "its twin can't be seen from here."
      ) : (
        <>
          its {pod.role === "offloaded" ? "twin" : "original"} is{" "}
          <ItemLink of={twin.key}>
            {twin.namespace}/{twin.name}
          </ItemLink>
          .
        </>
      )}
    </>
  );
}

function History({ pod, fresh }: { readonly pod: PodItem; readonly fresh: string }) {
  const app = useApp();
  const history = useLoaded(() => app.machine.api.history({ key: pod.key, limit: SHOWN }), [pod.key, fresh]);
  const changes = history.value ?? [];
  const failed = failedAt(changes) ?? (pod.health === "bad" ? changes[0]?.at : undefined);
  return (
    <section aria-labelledby="history" aria-busy={history.state === "waiting"}>
      <h2 id="history">What happened to it</h2>
      {failed !== undefined && (
        <p>
          <a class="button" href={app.href({ page: "history", from: failed - BEFORE_MS, to: failed })}>
            What changed in the 30 s before it failed
          </a>
        </p>
      )}
      {history.state === "failed" && <p class="failed">{history.message}</p>}
      {history.state === "got" && changes.length === 0 && <p class="empty">Nothing in the last hour.</p>}
      <ChangeList changes={changes} own />
    </section>
  );
}
