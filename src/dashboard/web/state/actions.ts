/** What can be done with an item, where the server allows actions. */
import type { Item } from "../../model/items.ts";
import type { About, Action } from "../../model/protocol.ts";

export interface Offer {
  readonly label: string;
  readonly request: Action;
  /** What happens then, for the question before it is done. */
  readonly asks: string;
  readonly danger: boolean;
  /** Asks for a number, which becomes `replicas`. */
  readonly replicas?: number;
}

export function offersOf(item: Item, about: Pick<About, "actions" | "playground">): readonly Offer[] {
  return about.actions ? everyOffer(item).filter(({ request }) => about.playground || !ofPlayground(request)) : [];
}

function ofPlayground({ action }: Action): boolean {
  return action === "cut" || action === "heal" || action === "stop-cluster" || action === "start-cluster";
}

function everyOffer(item: Item): readonly Offer[] {
  const { key, cluster } = item;
  const offer = (action: Exclude<Action["action"], "scale">, label: string, asks: string, danger = false): Offer => ({
    label,
    request: { action, key },
    asks,
    danger,
  });
  switch (item.kind) {
    case "pod":
      return [offer("delete-pod", "Delete", `Pod ${item.name} ends. Its owner, if it has one, makes another.`, true)];
    case "node":
      return item.cordoned
        ? [offer("uncordon", "Uncordon", `The scheduler may place pods on ${item.name} again.`)]
        : [offer("cordon", "Cordon", `The scheduler places no further pods on ${item.name}. Those there stay.`)];
    case "namespace":
      if (item.origin !== undefined) return [];
      return item.offloading === undefined
        ? [offer("offload", "Offload", `Pods of ${item.name} may run in the clusters that ${cluster} peers with.`)]
        : [offer("unoffload", "End offloading", `Pods of ${item.name} come home to ${cluster}.`, true)];
    case "workload":
      return item.of === "Deployment" || item.of === "StatefulSet"
        ? [
            {
              label: "Scale",
              request: { action: "scale", key, replicas: item.wanted },
              asks: `${item.of} ${item.name} gets another number of pods.`,
              danger: false,
              replicas: item.wanted,
            },
          ]
        : [];
    case "peering":
      return [
        offer("cut", "Cut the link", "No packet gets from one cluster to the other until the link is healed.", true),
        offer("heal", "Heal the link", "Packets get from one cluster to the other again."),
      ];
    case "cluster":
      return item.reachable
        ? [offer("stop-cluster", "Stop", `All programs of cluster ${cluster} stop, its pods with them.`, true)]
        : [offer("start-cluster", "Start", `Cluster ${cluster} starts again with what it had.`)];
    default:
      return [];
  }
}
