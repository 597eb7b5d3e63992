import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { Store } from "#kube/informer/store.ts";
import { acceptedMappings } from "./namespaces.ts";

test("a provider's word counts only for namespaces that were to be offloaded, and only for the twin asked for", () => {
  const accepted = (remoteNamespace: string) => ({ remoteNamespace, phase: "Accepted" as const });
  const store = new Store<NamespaceMap>({});
  store.put({
    metadata: { name: "rome", namespace: "liqo-tenant-rome" },
    spec: { desiredMapping: { web: "web-milan", shop: "shop-milan", later: "later-milan" } },
    status: {
      currentMapping: {
        web: accepted("web-milan"),
        shop: accepted("collector"),
        later: { remoteNamespace: "later-milan", phase: "CreationLoopBackOff" },
        "kube-system": accepted("collector"),
      },
    },
  });
  assert.deepEqual([...acceptedMappings({ store }, "rome")], [["web", "web-milan"]]);
});
