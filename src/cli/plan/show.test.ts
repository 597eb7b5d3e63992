import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "./model.ts";
import { formatPlan } from "./show.ts";

const EMPTY: Plan = {
  ...{ command: "liqoctl unpeer", changes: [], rights: [], addresses: [], pods: [] },
  ...{ data: [], destructive: [], remarks: [] },
};
const pod = { cluster: "milan", namespace: "shop" };

test("everything has its place, and the last lines say what comes of it", () => {
  const plan: Plan = {
    command: "liqoctl peer --context milan",
    changes: [
      { cluster: "milan", verb: "create", kind: "Namespace", name: "liqo-tenant-rome", why: "for rome" },
      { cluster: "rome", verb: "delete", kind: "Secret", namespace: "a", name: "b", why: "goes" },
    ],
    rights: [
      { cluster: "rome", verb: "grant", role: "ClusterRole r", to: "User milan", namespace: "a" },
      { cluster: "rome", verb: "revoke", role: "ClusterRole r", to: "User milan" },
    ],
    addresses: [
      { cluster: "milan", of: "rome", type: "pod", cidr: "10.244.0.0/16", seenAs: "10.245.0.0/16", isExpected: true },
      { cluster: "milan", of: "rome", type: "external", cidr: "10.70.0.0/16", seenAs: "10.70.0.0/16" },
      { cluster: "milan", of: "rome", type: "pod", cidr: "0.0.0.0/0", problem: "too large" },
    ],
    pods: [
      { ...pod, name: "c", fate: "stays", why: "its node stays" },
      { ...pod, name: "d", fate: "stays", why: "its node stays" },
      { ...pod, name: "a", fate: "moves", from: "liqo-rome", to: "a node of milan", why: "rs makes another" },
      { ...pod, name: "r", fate: "replaced", from: "worker", why: "another template" },
      { ...pod, name: "b", fate: "ends", from: "liqo-rome", why: "nobody makes another" },
    ],
    data: [{ cluster: "rome", namespace: "shop", name: "db", size: "1Gi" }],
    destructive: ["a", "b", "c", "d", "e", "f", "g"],
    remarks: ["look"],
  };
  assert.equal(
    formatPlan(plan, false),
    `milan
  + Namespace liqo-tenant-rome: for rome

rome
  - Secret a/b: goes

rights
  + User milan gets ClusterRole r in namespace a of rome
  - User milan has ClusterRole r in all of rome no more

addresses
    pod CIDR 10.244.0.0/16 of rome is expected to be 10.245.0.0/16 in milan
    external CIDR 10.70.0.0/16 of rome is the same in milan
  - pod CIDR 0.0.0.0/0 of rome finds no place in milan: too large

pods
  ~ shop/a of milan moves from liqo-rome to a node of milan: rs makes another
  ~ shop/r of milan is replaced on worker: another template
  - shop/b of milan ends on liqo-rome: nobody makes another
    2 pods stay in namespace shop of milan: its node stays

data that is lost
  - claim shop/db (1Gi) at rome

remarks
  ! look

Nothing is written. It would be: 1 created, 0 changed, 1 deleted; destructive: a; b; c; d; e; and 2 more
To do it: liqoctl peer --context milan`,
  );
});

test("where nothing is to be done no command is named", () => {
  assert.equal(
    formatPlan(EMPTY, false),
    "Nothing is written. It would be: 0 created, 0 changed, 0 deleted; nothing destructive",
  );
});

test("marks are coloured on a terminal only", () => {
  const changes = [{ cluster: "milan", verb: "delete", kind: "Secret", name: "b", why: "goes" }] as const;
  assert.ok(formatPlan({ ...EMPTY, changes }, true).includes("\u001b[31m-\u001b[0m Secret b: goes"));
  assert.ok(!formatPlan({ ...EMPTY, changes }, false).includes("\u001b"));
});
