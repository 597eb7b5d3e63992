/** The page of one object. */
import { useApp } from "../parts/context.ts";
import { itemAt } from "../state/catalog.ts";
import { ClusterPage } from "./cluster.tsx";
import { NamespacePage } from "./namespace.tsx";
import { NodePage } from "./node.tsx";
import { PeeringPage } from "./peering.tsx";
import { PodPage } from "./pod.tsx";
import { ServicePage } from "./service.tsx";

export function ItemPage() {
  const app = useApp();
  const { key = "" } = app.place.value;
  const item = itemAt(app.catalog.value, key);
  switch (item?.kind) {
    case "pod":
      return <PodPage key={key} pod={item} />;
    case "namespace":
      return <NamespacePage key={key} item={item} />;
    case "service":
      return <ServicePage key={key} service={item} />;
    case "peering":
      return <PeeringPage key={key} peering={item} />;
    case "node":
      return <NodePage key={key} node={item} />;
    case "cluster":
      return <ClusterPage key={key} cluster={item} />;
    default:
      return <Missing />;
  }
}

function Missing() {
  const app = useApp();
  const { key = "" } = app.place.value;
  const parts = key.split("/").map(decodeURIComponent);
  const [kind = "", cluster = ""] = parts;
  const name = parts.findLast((part) => part !== "") ?? "";
  const time = app.at.value === undefined ? "now" : "at that time";
  return (
    <>
      <h1 tabIndex={-1}>There is no {kind === "" ? "such object" : `${kind} ${name}`}</h1>
      <p class="lead">
        Not in {cluster} {time}. It may be gone:{" "}
        <a href={app.href({ page: "history", about: key })}>what is known of it is in the history</a>.
      </p>
    </>
  );
}
