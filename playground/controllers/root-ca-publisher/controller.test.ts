import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { configMaps, namespaces } from "#machinery/builtin.ts";
import { rootCaPublisher } from "./controller.ts";
import { planPublish, ROOT_CA } from "./plan.ts";

test("the CA of a namespace is made, kept, and mended whatever was done to it", () => {
  const plan = planPublish("off", "PEM", undefined);
  assert.equal(plan.do, "create");
  const made = plan.do === "create" ? plan.map : {};
  assert.deepEqual(made.data, { "ca.crt": "PEM" });
  assert.match(made.metadata?.annotations?.["kubernetes.io/description"] ?? "", /^Contains a CA bundle /);
  assert.deepEqual(planPublish("off", "PEM", made), { do: "keep" });
  const labelled = { ...made, metadata: { ...made.metadata, labels: { kept: "yes" }, annotations: { kept: "yes" } } };
  for (const changed of [{ ...made, data: {} }, { ...made, data: { ...made.data, more: "x" } }, labelled]) {
    const mended = planPublish("off", "PEM", changed);
    assert.deepEqual(mended.do === "update" && mended.map.data, { "ca.crt": "PEM" });
  }
  const mended = planPublish("off", "PEM", labelled);
  assert.equal(mended.do === "update" && mended.map.metadata?.annotations?.["kept"], "yes");
});

test("every namespace has the cluster's CA, again when it is changed or deleted", async () => {
  await using parts = await startEngineParts();
  const { ctx, client, deps } = parts;
  parts.run(rootCaPublisher);
  const key = { namespace: "off", name: ROOT_CA };
  const first = await parts.seen(configMaps, key);
  assert.equal(first.data?.["ca.crt"], deps.settings.caCert);
  await client.patch(ctx, configMaps, key, "merge", { data: { "ca.crt": "forged" } });
  await parts.seen(
    configMaps,
    key,
    ({ metadata, data }) =>
      metadata?.resourceVersion !== first.metadata?.resourceVersion && data?.["ca.crt"] === deps.settings.caCert,
  );
  await client.delete(ctx, configMaps, key);
  await parts.seen(configMaps, key, ({ metadata }) => metadata?.uid !== first.metadata?.uid);
  await client.create(ctx, namespaces, { metadata: { name: "new" } });
  await parts.seen(configMaps, { namespace: "new", name: ROOT_CA });
});
