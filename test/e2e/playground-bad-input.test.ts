/** What `liqoctl playground` and `make demo` refuse, before anything is made. The embedded engine only: it is about that engine. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startTimeOf, writeRecord } from "#playground/supervisor/processes.ts";
import { DEFAULT_CLUSTER, writeSpec } from "#playground/supervisor/spec.ts";
import { type Outcome, outcome } from "../kit/command.ts";

const PROJECT = join(import.meta.dirname, "../..");
const BUNDLE = join(PROJECT, ".build/bundle/liqoctl.js");

describe("the playground with bad input", () => {
  let folder: string;
  let home: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "liqo-playground-"));
    home = join(folder, "home");
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { args, says } of [
    { args: ["create", "Milan_x"], says: /cluster name "Milan_x": a lowercase RFC 1123 label/ },
    { args: ["create", "a-name-of-sixteen"], says: /must be no more than 15 characters/ },
    { args: ["create", "a", "--workers", "99"], says: /--workers 99: must be a whole number from 1 to 20/ },
    { args: ["create", "a", "--cpu", "lots"], says: /--cpu lots: must be a quantity such as/ },
    { args: ["create", "a", "--pod-cidr", "1.2.3.4/33"], says: /--pod-cidr 1.2.3.4\/33: must be an IPv4 CIDR/ },
    { args: ["stop", "nowhere"], says: /there is no cluster nowhere; there are: none/ },
    { args: ["delete", "nowhere"], says: /there is no cluster nowhere/ },
    { args: ["kubeconfig", "nowhere"], says: /there is no cluster nowhere/ },
    { args: ["logs", "nowhere"], says: /cluster nowhere has no logs in/ },
  ]) {
    it(`liqoctl playground ${args.join(" ")}: refused, nothing made`, async () => {
      assertRefused(await liqoctl(args), says);
      assert.equal(existsSync(home), false);
    });
  }

  it("tools that are missing are named, all of them", async () => {
    assertRefused(
      await liqoctl(["create", "a"], { PATH: folder }),
      /missing tools: .*conmon, .*; on Debian and Ubuntu: apt-get install .*conmon /,
    );
  });

  it("programs that were not built are named", async () => {
    const says = /not built: \S+playground-supervisor.js, \S+playground-apiserver.js, .*; run `make setup`/;
    assertRefused(await liqoctl(["create", "a"], { LIQO_PROJECT: folder }), says);
  });

  it("a second demo is refused while one runs, and names its process", async () => {
    mkdirSync(home);
    // This very process stands for the demo that runs.
    writeRecord(home, "demo", { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" });
    const demo = await outcome(process.execPath, [join(PROJECT, "scripts/demo.ts")], { env: environment() });
    assertRefused(demo, new RegExp(`another \`make demo\` runs already \\(process ${process.pid}\\); wait for it`));
    assert.deepEqual(readdirSync(home), ["demo.pid"]);
  });

  it("a dead supervisor shows in the status, and in its exit code", async () => {
    const specification = join(home, "playground.json");
    writeSpec(specification, { clusters: [{ ...DEFAULT_CLUSTER, name: "milan", stopped: true }] });
    const dead = await liqoctl(["status"]);
    assertRefused(
      dead,
      /the supervisor does not run: what ends is not started again\n +start it: liqoctl playground stop/,
    );
    assert.match(dead.stdout, /^- +supervisor +no$/m);
    writeRecord(home, "supervisor", { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" });
    const alive = await liqoctl(["status"]);
    assert.equal(alive.code, 0);
    assert.match(alive.stdout, /^- +supervisor +yes$/m);
  });

  function assertRefused({ code, stderr }: Outcome, says: RegExp): void {
    assert.equal(code, 1);
    assert.match(stderr, says);
  }

  function liqoctl(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return outcome(process.execPath, [BUNDLE, "playground", ...args], { env: { ...environment(), ...env } });
  }

  function environment(): Record<string, string> {
    return { LIQO_PLAYGROUND_HOME: home, LIQO_PROJECT: PROJECT, NO_COLOR: "1" };
  }
});
