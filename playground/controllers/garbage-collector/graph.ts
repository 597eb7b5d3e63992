/** Who owns whom, by uid. Kubernetes: pkg/controller/garbagecollector/graph.go */
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectMeta } from "#machinery/meta.ts";

export interface GraphNode {
  readonly uid: string;
  readonly resource: Resource;
  readonly metadata: ObjectMeta;
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  put(resource: Resource, object: KubeObject): GraphNode | undefined {
    const uid = object.metadata?.uid;
    if (uid === undefined || object.metadata === undefined) return undefined;
    this.#unlink(uid);
    const node: GraphNode = { uid, resource, metadata: object.metadata };
    this.#nodes.set(uid, node);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set<string>();
      dependents.add(uid);
      this.#dependents.set(owner.uid, dependents);
    }
    return node;
  }

  remove(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? []);
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
