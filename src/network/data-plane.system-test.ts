/** Story: two clusters with the same pod CIDR, the real agents, a real tunnel, and pods that talk to each other. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as labels from "#api/labels.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { HostCondition } from "./configurations/host-status.ts";
import * as objects from "./testing/objects.ts";
import { POD_IPS } from "./testing/two-clusters.ts";
import { ctx, findObstacle, other, PORT, REMAPPED, remap, SIDES, TwoGateways, until } from "./testing/two-gateways.ts";

describe("pods of two clusters with the same pod CIDR", { skip: findObstacle(), timeout: 300_000 }, () => {
  let gateways: TwoGateways;
  before(async () => {
    gateways = await TwoGateways.start();
  });
  after(() => gateways?.[Symbol.asyncDispose]());

  it("connects the gateways and reports the latency", async () => {
    for (const side of SIDES) {
      const connection = await until(`Connection of ${side}`, async () => {
        const found = await gateways.findConnection(side);
        return found?.status?.value === "Connected" ? found : undefined;
      });
      assert.match(connection.status?.latency?.value ?? "", /^[\d.]+(µs|ms)$/);
      assert.equal(connection.metadata?.labels?.[labels.REMOTE_CLUSTER_ID], other(side));
    }
  });

  for (const side of SIDES) {
    for (const protocol of ["tcp", "udp"] as const) {
      it(`carries ${protocol} from ${side} through the remapped CIDR, and the answer back`, async () => {
        const answer = await gateways.say(side, protocol, "hello");
        // The other cluster sees the sender in the CIDR that it gave to this one.
        assert.equal(answer, `${remap(POD_IPS[side].pod, REMAPPED[other(side)])} hello`);
      });
    }
  }

  for (const side of SIDES) {
    it(`refuses what ${side} says to a pod that is gone, before a client would give up`, async () => {
      const gone = remap(POD_IPS[other(side)].pod, REMAPPED[side]).replace(/\d+$/, "99");
      const refused = await until(`refusal to ${side}`, async () => {
        const said = await gateways.sayOnce(side, "tcp", gone, "anybody?").catch((error: unknown) => String(error));
        return said.includes("ECONNREFUSED") ? said : undefined;
      });
      assert.match(refused, new RegExp(`ECONNREFUSED ${gone.replaceAll(".", "\\.")}:${PORT}`));
    });
  }

  it("says Applied for every configuration, once per host", async () => {
    for (const side of SIDES) {
      const view = gateways.viewOf(side);
      for (const resource of [routeConfigurations, firewallConfigurations] as const) {
        const list = await until(`conditions on ${side}`, async () => {
          const { items } = await gateways
            .client(side)
            .list<KubeObject & { status?: { conditions?: HostCondition[] } }>(ctx, resource as never);
          return items.every((each) => (each.status?.conditions ?? []).length > 0) ? items : undefined;
        });
        for (const each of list) {
          const isFabric =
            Object.values(each.metadata?.labels ?? {}).includes("fabric") && each.metadata?.namespace !== "liqo";
          const conditions = (each.status?.conditions ?? []).map(({ host, status, type }) => [host, status, type]);
          assert.deepEqual(conditions, [[isFabric ? "fabric-pod" : view.peer, "True", "Applied"]], each.metadata?.name);
        }
      }
    }
  });

  it("gives what a node sends to its gateway to the gateway's port, whole", async (t) => {
    const { net } = gateways;
    const hook = 'table netdev probe { chain c { type filter hook egress device "cni0" priority 0; }; }\n';
    const isThere = await net.run("a", "node", ["nft", "--check", "-f", "-"], hook).then(
      () => true,
      () => false,
    );
    if (!isThere) return t.skip("this kernel has no egress hook");
    for (const side of SIDES) {
      await until(`the rule of ${side}`, async () => {
        const listed = await net.run(side, "node", ["nft", "list", "tables", "netdev"]);
        if (!listed.includes("liqo-past-bridges")) return undefined;
        const table = await net.run(side, "node", ["nft", "list", "table", "netdev", "liqo-past-bridges"]);
        return table.includes(`ip daddr ${POD_IPS[side].gw} udp dport 6091`) && table.includes('fwd to "gw"')
          ? true
          : undefined;
      });
      assert.match(await gateways.say(side, "tcp", "past the bridge"), /past the bridge/);
    }
  });

  it("tells pods how long a packet may be, when the tunnel carries less than before", async () => {
    const { net } = gateways;
    for (const side of SIDES) await net.run(side, "node", narrowTo(1_300));
    for (const side of SIDES) {
      await until(`a smaller MTU of ${side}`, async () => {
        const found = await gateways.findConnection(side);
        return found?.status?.mtu?.value === 1_232 ? true : undefined;
      });
      const address = remap(POD_IPS[other(side)].pod, REMAPPED[side]);
      const ping = (bytes: number): Promise<string> =>
        net.run(side, "pod", ["sh", "-c", `ping -c 3 -i 0.2 -W 1 -M do -s ${bytes} ${address} 2>&1 || true`]);
      assert.match(await ping(1_250), /mtu ?= ?1232/);
      assert.match(await ping(1_204), / 0% packet loss/);
    }
    for (const side of SIDES) await net.run(side, "node", narrowTo(1_500));
  });

  it("keeps silent while the gateway of one's own is gone: TCP sends again what is lost", async () => {
    await gateways.killGateway("b");
    const address = remap(POD_IPS.a.pod, REMAPPED.b);
    // As timeout(1) ends.
    await assert.rejects(gateways.sayOnce("b", "tcp", address, "lost"), /exited with 124/);
  });

  it("heals when the server's gateway is started again", async () => {
    gateways.startGateway("b");
    assert.equal(await gateways.say("a", "tcp", "again"), `${remap(POD_IPS.a.pod, REMAPPED.b)} again`);
  });

  it("restores a table that someone deleted and a link that someone removed", async () => {
    await gateways.net.run("a", "gw", ["nft", "delete", "table", "ip", "remap-podcidr"]);
    await gateways.net.run("a", "node", ["ip", "link", "del", objects.NODE_LINK]);
    assert.equal(await gateways.say("a", "udp", "restored"), `${remap(POD_IPS.a.pod, REMAPPED.b)} restored`);
  });

  it("removes the node's state and the finalizer when a configuration is deleted", async () => {
    const key = { namespace: gateways.viewOf("a").namespace, name: "b-node-gw" };
    await gateways.client("a").delete(ctx, routeConfigurations, key);
    await until("deletion", async () => {
      const found = await gateways.client("a").find(ctx, routeConfigurations, key);
      return found === undefined ? true : undefined;
    });
    const rules = await gateways.net.run("a", "node", ["ip", "rule", "show"]);
    assert.doesNotMatch(rules, /10\.245\./);
  });

  it("ends within a second at SIGTERM", async () => {
    const started = performance.now();
    await Promise.all(["gateway-a", "fabric-a"].map((name) => gateways.kill(name, "SIGTERM")));
    assert.ok(performance.now() - started < 1_500);
  });
});

/** What is between the nodes. */
function narrowTo(mtu: number): string[] {
  return ["ip", "link", "set", "dev", "eth0", "mtu", String(mtu)];
}
