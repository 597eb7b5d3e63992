import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bashScript } from "#cli/completion/bash.ts";
import { fishScript } from "#cli/completion/fish.ts";
import { powershellScript } from "#cli/completion/powershell.ts";
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

const BREAKS = " \t\n\"'><=;|&(:";

/** What bash offers for each line, which ends at the cursor. One bash for all: starting them is what costs. */
function completed(lines: readonly string[], breaks = BREAKS): string[][] {
  const script = `
    source ./bash
    COMP_WORDBREAKS=$1
    shift
    for line; do
      COMPREPLY=() COMP_LINE=$line COMP_POINT=\${#line}
      __liqoctl
      for word in "\${COMPREPLY[@]}"; do echo "$word"; done
      echo end of line
    done`;
  const words = outputOf("bash", ["--norc", "--noprofile", "-c", script, "bash", breaks, ...lines]);
  return lines.map(() => words.splice(0, words.indexOf("end of line") + 1).slice(0, -1));
}

const OFFERS = [
  ["liqoctl un", ["unauth", "unauthenticate", "uncordon", "uninstall", "unoffload", "unpeer"]],
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
  ["liqoctl completion p", ["powershell"]],
  ["liqoctl help pl", ["playground"]],
] as const;

test("bash knows what follows", () => {
  const lines = OFFERS.map(([line]) => line);
  const found = completed(lines);
  assert.deepEqual(
    lines.map((line, i) => [line, found[i]]),
    OFFERS,
  );
});

test("bash asks liqoctl for what the kubeconfig knows, and runs none of it", () => {
  assert.deepEqual(
    completed(["liqoctl peer --context ", "liqoctl peer --remote-context=r", "liqoctl peer --context arn:a"]),
    [["milan", "rome", "arn:aws:eks", "\\$\\(touch\\ evil\\)"], ["rome"], ["aws:eks"]],
  );
  assert.deepEqual(completed(["liqoctl peer --remote-context=r"], " "), [["--remote-context=rome"]]);
  assert.equal(spawnSync("ls", { cwd: folder, encoding: "utf8" }).stdout.includes("evil"), false);
});

function lacks(shell: string): string | false {
  return spawnSync(shell, ["--version"]).error === undefined ? false : `${shell} is not installed`;
}

for (const [shell, script] of [
  ["bash", bashScript(liqoctl)],
  ["zsh", zshScript(liqoctl)],
  ["fish", fishScript(liqoctl)],
] as const) {
  test(`the script for ${shell} is one`, { skip: lacks(shell) }, () => {
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  });
}

/** Standard output of a shell that has the completion of liqoctl. */
function outputOf(shell: string, args: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, {
    cwd: folder,
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, KUBECONFIG: join(folder, "kubeconfig"), HOME: folder },
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  return stdout.split("\n").filter((word) => word !== "");
}

// As zsh's own functions would be called by it; offers are written `word:description`.
const ZSH_SYSTEM = `
  compdef() { :; }
  compset() { echo "without $2"; }
  _files() { echo files; }
  _describe() { print -rl -- "\${(@P)2}"; }`;

for (const [words, offers] of [
  [["liqoctl", "unp"], /^unpeer:End the use of a provider/m],
  [["liqoctl", "-n", "force", "offl"], /^offload:Extend something/m],
  [["liqoctl", "offload", "ns", "-o", ""], /^json\nyaml$/],
  [["liqoctl", "peer", "--gw-server-service-type="], /^without \*=\nLoadBalancer\n/],
  [["liqoctl", "peer", "--context", "a"], /^arn\\:aws\\:eks$/],
  [["liqoctl", "peer", "--kubeconfig", ""], /^files$/],
] as const) {
  test(`zsh knows what follows ${JSON.stringify(words)}`, { skip: lacks("zsh") }, () => {
    writeFileSync(join(folder, "zsh"), zshScript(liqoctl));
    const script = `${ZSH_SYSTEM}\nsource ./zsh\nwords=("$@") CURRENT=$#\n__liqoctl`;
    assert.match(outputOf("zsh", ["-f", "-c", script, "zsh", ...words]).join("\n"), offers);
  });
}

for (const [line, offers] of [
  ["liqoctl unp", ["unpeer"]],
  ["liqoctl -n force offl", ["offload"]],
  ["liqoctl offload ns -o ", ["json", "yaml"]],
  ["liqoctl peer --context r", ["rome"]],
] as const) {
  test(`fish knows what follows "${line}"`, { skip: lacks("fish") }, () => {
    writeFileSync(join(folder, "fish"), fishScript(liqoctl));
    const lines = outputOf("fish", ["--no-config", "-c", `source ./fish; complete -C '${line}'`]);
    assert.deepEqual(
      lines.map((each) => each.split("\t")[0]),
      offers,
    );
  });
}

const PWSH = lacks("pwsh");

test("the script for PowerShell asks for all words, and ends what it begins", () => {
  const script = powershellScript(liqoctl);
  assert.match(script, /^Register-ArgumentCompleter -Native -CommandName 'liqoctl' -ScriptBlock \{$/m);
  assert.match(script, /& \$program __complete @words \$last 2>\$null/);
  assert.match(script, /-split "`t", 2/);
  // Of another name, as a plug-in of kubectl.
  assert.match(powershellScript({ ...liqoctl, name: "kubectl-liqo" }), /-CommandName 'kubectl-liqo'/);
  // Outside of comments and texts in quotes.
  const code = script.replaceAll(/^ *#.*$/gm, "").replaceAll(/'[^'\n]*'|"[^"\n]*"/g, "");
  for (const [open, close] of ["{}", "()", "[]"])
    assert.equal(code.split(open ?? "").length, code.split(close ?? "").length);
});

for (const [line, offers] of [
  ["liqoctl force u", ["unpeer"]],
  ["liqoctl force ", ["unpeer"]],
  ["liqoctl peer --remote-context=r", ["--remote-context=rome"]],
  ["liqoctl peer --context ", ["milan", "rome", "arn:aws:eks", "'$(touch evil)'"]],
] as const) {
  test(`PowerShell knows what follows "${line}"`, { skip: PWSH }, () => {
    writeFileSync(join(folder, "script.ps1"), powershellScript(liqoctl));
    const ask = `. ./script.ps1; (TabExpansion2 '${line}' ${line.length}).CompletionMatches.CompletionText`;
    assert.deepEqual(outputOf("pwsh", ["-NoProfile", "-Command", ask]), offers);
  });
}
