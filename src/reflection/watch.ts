/** Watches whose key never changes with the object's content, so that one change is one key. */
import type { Watch } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";

/** `key` gives undefined for objects that do not concern the controller. */
export function watchNamed<T extends KubeObject>(
  informer: Informer<T>,
  key: (object: T) => ObjectKey | undefined,
): Watch {
  return {
    start(enqueue) {
      const tell = (object: T): void => {
        const own = key(object);
        if (own !== undefined) enqueue(own);
      };
      const stop = informer.addHandler({ added: tell, updated: tell, deleted: tell });
      return { stop, synced: informer.synced };
    },
  };
}
