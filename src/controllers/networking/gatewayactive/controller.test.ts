import { test } from "node:test";
import * as labels from "#api/labels.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen } from "#kit/two-clusters.ts";
import { leases, pods } from "#machinery/builtin.ts";
import { gatewayActiveController } from "./controller.ts";

const namespace = "off";
const own = { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: "rome" };

test("the label goes with the Lease", async () => {
  await using running = await runControllers([gatewayActiveController], async (ctx, client) => {
    const spec = { containers: [{ name: "gateway", image: "i", args: ["--leader-election=true"] }] };
    for (const name of ["a", "b"]) await client.create(ctx, pods, { metadata: { namespace, name, labels: own }, spec });
  });
  const { ctx, client } = running;
  const name = gatewayLeaseName("rome", namespace, "server");
  const isActive = (pod: string, expected: boolean) =>
    seen(client, pods, { namespace, name: pod }, ({ metadata }) => {
      return (metadata?.labels?.[labels.GATEWAY_ACTIVE] === "true") === expected;
    });
  await client.create(ctx, leases, { metadata: { namespace, name, labels: own }, spec: { holderIdentity: "a" } });
  await isActive("a", true);
  await client.patch(ctx, leases, { namespace, name }, "merge", { spec: { holderIdentity: "b" } });
  await isActive("b", true);
  await isActive("a", false);
});
