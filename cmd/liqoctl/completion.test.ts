import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bashScript } from "#cli/completion/bash.ts";
import { fishScript } from "#cli/completion/fish.ts";
import { zshScript } from "#cli/completion/zsh.ts";
import { liqoctl } from "./commands.ts";

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "liqoctl-completion-"));
  const program = join(import.meta.dirname, "../liqoctl.ts");
  writeFileSync(join(folder, "liqoctl"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(folder, "liqoctl"), 0o755);
  writeFileSync(join(folder, "bash"), bashScript(liqoctl));
  const contexts = ["milan", "rome", "arn:aws:eks", "$(touch evil)"].map((name) => ({ name, context: {} }));
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify({ clusters: [], users: [], contexts }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for a line that ends at the cursor. */
function completed(line: string, breaks = " \t\n\"'><=;|&(:"): string[] {
  const script = `
    source ./bash
    COMP_WORDBREAKS=$2 COMP_LINE=$1 COMP_POINT=\${#1}
    __liqoctl
    for word in "\${COMPREPLY[@]}"; do echo "$word"; done`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "--noprofile", "-c", script, "bash", line, breaks], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, KUBECONFIG: join(folder, "kubeconfig"), HOME: folder },
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  return stdout.split("\n").filter((word) => word !== "");
}

for (const [line, offers] of [
  ["liqoctl un", ["uninstall", "unoffload", "unpeer"]],
  ["liqoctl force ", ["unpeer"]],
  ["liqoctl --skip-confirm force u", ["unpeer"]],
  ["liqoctl -n force off", ["offload"]],
  ["liqoctl offload n", ["namespace", "ns"]],
  ["liqoctl offload ns --pod", ["--pod-offloading-strategy"]],
  ["liqoctl offload ns -o ", ["json", "yaml"]],
  ["liqoctl peer --gw-server-service-type Load", ["LoadBalancer"]],
  ["liqoctl peer --gw-server-service-type=", ["LoadBalancer", "NodePort", "ClusterIP"]],
  ["liqoctl unpeer --wait=f", ["false"]],
  ["liqoctl upgrade --pod-c", ["--pod-cidr"]],
  ["liqoctl info --output yaml p", ["peer"]],
  ["liqoctl completion z", ["zsh"]],
  ["liqoctl help pl", ["playground"]],
] as const) {
  test(`bash knows what follows "${line}"`, () => assert.deepEqual(completed(line), offers));
}

test("bash asks liqoctl for what the kubeconfig knows, and runs none of it", () => {
  assert.deepEqual(completed("liqoctl peer --context "), ["milan", "rome", "arn:aws:eks", "\\$\\(touch\\ evil\\)"]);
  assert.deepEqual(completed("liqoctl peer --remote-context=r"), ["rome"]);
  assert.deepEqual(completed("liqoctl peer --remote-context=r", " "), ["--remote-context=rome"]);
  assert.deepEqual(completed("liqoctl peer --context arn:a"), ["aws:eks"]);
  assert.equal(spawnSync("ls", { cwd: folder, encoding: "utf8" }).stdout.includes("evil"), false);
});

for (const [shell, script] of [
  ["bash", bashScript(liqoctl)],
  ["zsh", zshScript(liqoctl)],
  ["fish", fishScript(liqoctl)],
] as const) {
  const skip = spawnSync(shell, ["--version"]).error === undefined ? false : `${shell} is not installed`;
  test(`the script for ${shell} is one`, { skip }, () => {
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  });
}
