import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { admissionRequest } from "#kit/admission.ts";
import { mutateForeignCluster } from "./mutate.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const ID = "liqo.io/remote-cluster-id";
const patched = (value: object) => ({ allowed: true, patch: [{ op: "add", path: "/metadata/labels", value }] });

for (const { name, labels, answer } of [
  { name: "without labels gets its cluster's id", labels: undefined, answer: patched({ [ID]: "rome" }) },
  { name: "keeps its other labels", labels: { a: "b" }, answer: patched({ a: "b", [ID]: "rome" }) },
  { name: "with another id is put right", labels: { [ID]: "milan" }, answer: patched({ [ID]: "rome" }) },
  { name: "with its id stays as it is", labels: { [ID]: "rome" }, answer: { allowed: true } },
]) {
  test(`a ForeignCluster ${name}`, async () => {
    const object = { metadata: { name: "rome", ...(labels !== undefined && { labels }) }, spec: { clusterID: "rome" } };
    assert.deepEqual(await mutateForeignCluster(ctx, admissionRequest(object)), answer);
  });
}
