/** docs/reference/labels.md: keys from src/api, what they mean from meanings.ts. */
import * as annotations from "#api/annotations.ts";
import * as finalizers from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { NOT_ALLOWED_TAINT } from "#forge/node.ts";
import { ANNOTATIONS, FINALIZERS, LABELS } from "./meanings.ts";

export function formatLabels(): string {
  return [
    "# Labels, annotations, finalizers, taints",
    "<!-- Written by `node scripts/reference-docs.ts`: change `src/api` and `scripts/reference/meanings.ts`, then run it. -->",
    "What Liqo writes on objects, and what you may write for it to read. Liqo's own keys stay in their cluster: they are not reflected.",
    "## Labels",
    lines(labels, LABELS),
    "## Annotations",
    lines(annotations, ANNOTATIONS),
    "## Finalizers",
    lines(finalizers, FINALIZERS),
    "## Taints",
    `- \`${NOT_ALLOWED_TAINT}:NoExecute\`: on every virtual node. Pods of offloaded namespaces and of the RuntimeClass \`liqo\` tolerate it; others stay away`,
  ]
    .join("\n\n")
    .concat("\n");
}

function lines<K extends string>(keys: Readonly<Record<K, string>>, meanings: Readonly<Record<K, string>>): string;
function lines(keys: Readonly<Record<string, string>>, meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `- \`${keys[name]}\`: ${meaning}`)
    .sort()
    .join("\n");
}
