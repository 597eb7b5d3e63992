/** A link that is turned to another end, in a real kernel, while a pod waits for an answer through it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { ipBatch, systemTools, type Tools } from "../system/tools.ts";
import { applyLinks } from "./overlay.ts";

const ECHO = fileURLToPath(new URL("../testing/echo.ts", import.meta.url));
const NAME = "liqo.test";
const GATEWAY = "10.80.0.2";
const REMOTE_POD = "10.245.0.9";
// For documentation: nobody answers.
const ENDS = ["192.0.2.1", "192.0.2.2"] as const;
/** As long as the kernel asks for a neighbour, and shorter than until it gives up. */
const ASKING_MS = 700;
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

describe("a link to another gateway", { skip: process.getuid?.() === 0 ? false : "needs root" }, () => {
  const prefix = `lqm${randomBytes(4).toString("hex")}`;
  const [pod, node] = [`${prefix}-pod`, `${prefix}-node`];
  const within = (netns: string): Tools => systemTools(["ip", "netns", "exec", netns]);

  before(async () => {
    for (const netns of [pod, node]) await systemTools().run(ctx, ["ip", "netns", "add", netns]);
    await batch(node, [
      `link add pod type veth peer name eth0 netns ${pod}`,
      "addr add 10.244.0.1/24 dev pod",
      "link set pod up",
      "link add eth0 type veth peer name nobody",
      "addr add 192.0.2.10/24 dev eth0",
      "link set eth0 up",
      "link set nobody up",
    ]);
    await batch(pod, ["addr add 10.244.0.2/24 dev eth0", "link set eth0 up", "route add default via 10.244.0.1"]);
    await within(node).run(ctx, ["sh", "-ec", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    await turnTo(ENDS[0]);
    await batch(node, [`route add ${REMOTE_POD}/32 via ${GATEWAY} dev ${NAME} onlink`]);
  });
  after(async () => {
    for (const netns of [pod, node])
      await systemTools()
        .run(ctx, ["ip", "netns", "delete", netns])
        .catch(() => "");
  });

  it("refuses nobody who waits for the one before to be found", async () => {
    const argv = ["timeout", "2", process.execPath, ECHO, "tcp", REMOTE_POD, "80", "hello"];
    const said = within(pod)
      .run(ctx, argv)
      .catch((error: unknown) => String(error));
    await delay(ASKING_MS);
    const neighbours = await within(node).run(ctx, ["ip", "neigh", "show", "dev", NAME]);
    assert.match(neighbours, /INCOMPLETE/);
    await turnTo(ENDS[1]);
    // As timeout(1) ends: TCP would have gone on.
    assert.match(await said, /exited with 124/);
  });

  async function turnTo(remote: string): Promise<void> {
    const link = { name: NAME, id: 7, remote, address: "10.80.0.1", mtu: 1_340 };
    await applyLinks(ctx, within(node), [link], { kind: "vxlan", port: 6_091, hasArp: true });
  }

  async function batch(netns: string, lines: readonly string[]): Promise<void> {
    assert.deepEqual(await ipBatch(ctx, within(netns), lines), []);
  }
});
