import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "#machinery/meta.ts";
import { Store } from "./store.ts";

const owners = ({ metadata }: KubeObject): string[] => (metadata?.ownerReferences ?? []).map(({ uid }) => uid);

const objects = fc.record({
  namespace: fc.constantFrom(undefined, "a", "b"),
  name: fc.constantFrom("x", "y", "z"),
  owners: fc.uniqueArray(fc.constantFrom("1", "2", "3")),
  isRemoved: fc.boolean(),
});

test("lists and indexes are those of a plain list, whatever was put and removed, before and after they were asked for", () => {
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 30 }), fc.nat(30), (steps, indexedAt) => {
      const store = new Store<KubeObject>();
      const plain = new Map<string, KubeObject>();
      for (const [at, { namespace, name, owners: uids, isRemoved }] of steps.entries()) {
        if (at === indexedAt) store.indexBy(owners);
        const key = `${namespace}/${name}`;
        const ownerReferences = uids.map((uid) => ({ apiVersion: "v1", kind: "Pod", name: uid, uid }));
        const object = { metadata: { ...(namespace !== undefined && { namespace }), name, ownerReferences } };
        const id = { ...(namespace !== undefined && { namespace }), name };
        assert.equal(isRemoved ? store.remove(id) : store.put(object), plain.get(key));
        if (isRemoved) plain.delete(key);
        else plain.set(key, object);
        assert.equal(store.get(id), plain.get(key));
      }
      const all = [...plain.values()];
      assert.deepEqual(new Set(store.list()), new Set(all));
      for (const namespace of ["", "a", "b", "none"]) {
        const inside = all.filter(({ metadata }) => (metadata?.namespace ?? "") === namespace);
        assert.deepEqual(new Set(store.list(namespace)), new Set(inside));
      }
      for (const uid of ["1", "2", "3"])
        assert.deepEqual(
          new Set(store.indexBy(owners).get(uid)),
          new Set(all.filter((each) => owners(each).includes(uid))),
        );
    }),
  );
});

test("callers with one function share one index", () => {
  const store = new Store<KubeObject>();
  assert.equal(store.indexBy(owners), store.indexBy(owners));
});
