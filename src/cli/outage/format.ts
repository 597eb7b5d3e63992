/** An outage as a person reads it. */
import { table } from "../printer/table.ts";
import type { Outage, PodFate, ServiceFate } from "./predict.ts";

const MOST_CANDIDATES = 3;

export function formatOutage({ cluster, nodes, pods, services, hosted }: Outage): string {
  if (nodes.length === 0)
    return `No node of this cluster stands for ${cluster}: nothing of it runs there.${here(hosted, cluster)}`;
  const rows = pods.map((pod) => [pod.namespace, pod.name, pod.node, afterOf(pod.afterSeconds), toldOf(pod)]);
  const ofPods =
    rows.length === 0 ? `No pod runs in ${cluster}.` : table(["NAMESPACE", "POD", "NODE", "AFTER", "WHAT"], rows);
  const ofServices = services.map((service) => `• Service ${service.namespace}/${service.name} ${reachOf(service)}`);
  const count = (fate: PodFate["fate"]): number => pods.filter((pod) => pod.fate === fate).length;
  const missing = count("pending") + count("waits") + count("ends");
  const counts = `${count("stays")} pods stay there, ${count("replaced")} replaced, ${missing} missing until it is back`;
  return [
    ofPods,
    ...(ofServices.length === 0 ? [] : ["", ...ofServices]),
    "",
    `If ${cluster} were lost now: ${counts}. AFTER counts from when ${nodes.join(", ")} is found to be lost, within about 15 s.${here(hosted, cluster)}`,
    "Nothing was changed.",
  ].join("\n");
}

function here(hosted: number, cluster: string): string {
  if (hosted === 0) return "";
  return hosted === 1
    ? ` 1 pod of ${cluster} runs here, and goes on.`
    : ` ${hosted} pods of ${cluster} run here, and go on.`;
}

function afterOf(seconds: number | null): string {
  return seconds === null ? "never" : `${seconds}s`;
}

function toldOf({ fate, why, candidates }: PodFate): string {
  switch (fate) {
    case "stays":
      return `stays there (${why})`;
    case "ends":
      return `ends when the cluster is back; ${why}`;
    case "waits":
      return `replaced when the cluster is back; ${why}`;
    case "pending":
      return `another one is Pending: ${why}`;
    case "replaced": {
      const more = candidates.length - MOST_CANDIDATES;
      const named = candidates.slice(0, MOST_CANDIDATES).join(", ");
      return `replaced ${why}, on ${more > 0 ? `${named} or ${more} more` : named.replace(/, ([^,]*)$/, " or $1")}`;
    }
  }
}

function reachOf({ endpoints, lost, replacedAfterSeconds }: ServiceFate): string {
  if (lost < endpoints) return `keeps ${endpoints - lost} of ${endpoints} endpoints`;
  const until =
    replacedAfterSeconds === null
      ? "until the cluster is back"
      : `for ${replacedAfterSeconds}s, and until the new pod is Ready`;
  return `has nobody to answer ${until}`;
}
