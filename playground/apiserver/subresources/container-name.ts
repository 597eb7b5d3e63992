/**
 * Which container of a pod a log, exec or attach means. Kubernetes: pkg/registry/core/pod/strategy.go (validateContainer)
 */
import type { Pod } from "kubernetes-types/core/v1";
import { badRequest } from "#machinery/status-error.ts";
import { containersOf } from "../authz/pod-references.ts";

/** The container asked for, or the only one. Throws 400 in Kubernetes' words when there is none or no single one. */
export function chooseContainer(pod: Pod, asked: string): string {
  const podName = pod.metadata?.name ?? "";
  if (asked !== "") {
    if (containersOf(pod).some((container) => container.name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only, ...more] = pod.spec?.containers ?? [];
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${podName}`);
  if (more.length === 0) return only.name;
  const names = (pod.spec?.containers ?? []).map((container) => container.name).join(" ");
  const initNames = (pod.spec?.initContainers ?? []).map((container) => container.name).join(" ");
  const init = initNames === "" ? "" : ` or one of the init containers: [${initNames}]`;
  throw badRequest(`a container name must be specified for pod ${podName}, choose one of: [${names}]${init}`);
}
