/** What is run in a container for a shell, and how a person would run it. */
import { commandLine } from "../actions/command.ts";
import type { ParsedKey } from "../http/query.ts";

/** bash where the image has it; as k9s. */
export const SHELL = ["/bin/sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"];

/** `kubectl --context milan -n shop exec -it web-1 -c web -- /bin/sh -c '…'` */
export function shellCommandOf({ cluster, namespace, name }: ParsedKey, container: string): string {
  const where = ["--context", cluster, "-n", namespace];
  return commandLine(["kubectl", ...where, "exec", "-it", name, "-c", container, "--", ...SHELL]);
}
