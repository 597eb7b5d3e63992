/** The command that does what an action does, as a person would type it. */
import type { Action } from "../../model/protocol.ts";
import type { ParsedKey } from "../http/query.ts";

/** `kubectl --context milan -n shop delete pod web-1` */
export function commandOf(action: Action, { cluster, namespace, name }: ParsedKey, peer: string): string {
  const kubectl = ["kubectl", "--context", cluster];
  const inNamespace = [...kubectl, "-n", namespace];
  switch (action.action) {
    case "delete-pod":
      return commandLine([...inNamespace, "delete", "pod", name]);
    case "cordon":
    case "uncordon":
      return commandLine([...kubectl, action.action, name]);
    case "scale":
      return commandLine([...inNamespace, "scale", name.toLowerCase(), `--replicas=${action.replicas}`]);
    case "offload":
    case "unoffload":
      return commandLine(["liqoctl", action.action, "namespace", name, "--context", cluster]);
    case "cut":
    case "heal":
      return commandLine(["liqoctl", "playground", action.action, cluster, peer]);
    case "stop-cluster":
      return commandLine(["liqoctl", "playground", "stop", cluster]);
    case "start-cluster":
      return commandLine(["liqoctl", "playground", "start", cluster]);
  }
}

/** As a person would type it. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** For whoever copies it into a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
