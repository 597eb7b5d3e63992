/** docs/pods.md, written from the table of the forge by scripts/pods-docs.ts. */
import {
  CONTAINER_FIELDS,
  ENV_SOURCE_FIELDS,
  type FieldTable,
  POD_FIELDS,
  POD_SECURITY_FIELDS,
  PROJECTION_FIELDS,
  SECURITY_FIELDS,
  VOLUME_FIELDS,
} from "#forge/pod/fields.ts";
import { LEFT_OUT } from "#forge/pod/remote-pod.ts";

const INTRODUCTION = `# Pods

<!-- Written by \`node scripts/pods-docs.ts\`: change src/forge/pod/fields.ts, then run it. -->

What becomes of each field of a pod on its way to the provider. The unit test of the table asks the code about every row, and fails for a field of Kubernetes that has none.

- **kept**: the provider's pod has it as it is. So are fields that are not below, of a Kubernetes to come: the provider's API server drops what it does not know
- **changed**: the note says how
- **dropped**: the provider's pod does not have it
- **Refused**: what Pod Security of the level \`baseline\` refuses, which twin namespaces enforce unless \`offloading.podSecurity.enforce\` says otherwise; the pod waits then and tells why (\`OffloadingRefused\`)
- **Follows**: what is changed later reaches the running pod, as far as Kubernetes lets it change

Before, on creation, the pod webhook at home adds the toleration of virtual nodes and the node affinity of the NamespaceOffloading's strategy; neither travels. The ShadowPod webhook of the provider refuses pods beyond the Quota.
Whatever a consumer's virtual kubelet sends, the provider leaves out ${LEFT_OUT.map((field) => `\`${field}\``).join(", ")} from the pods it makes: where a pod runs, and before whom, it decides itself. Of \`ephemeralContainers\` pods get those later.`;

const SECTIONS: readonly [title: string, table: FieldTable][] = [
  ["PodSpec", POD_FIELDS],
  ["Container", CONTAINER_FIELDS],
  ["EnvVarSource", ENV_SOURCE_FIELDS],
  ["PodSecurityContext", POD_SECURITY_FIELDS],
  ["SecurityContext", SECURITY_FIELDS],
  ["Volume", VOLUME_FIELDS],
  ["VolumeProjection", PROJECTION_FIELDS],
];

export function formatPodsPage(): string {
  const sections = SECTIONS.map(([title, table]) => `## ${title}\n\n${formatTable(table)}`);
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function formatTable(table: FieldTable): string {
  const rows = Object.entries(table).map(([field, { fate, note = "", refused = "", follows }]) => {
    return [`\`${field}\``, fate, note, refused, follows === true ? "yes" : ""];
  });
  const head = ["Field", "At the provider", "Note", "Refused", "Follows"];
  // Columns that say nothing are left out, the others as wide as their widest cell.
  const columns = head.map((_, at) => at).filter((at) => at < 2 || rows.some((row) => row[at] !== ""));
  const width = (at: number): number => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0));
  const line = (cells: readonly string[], fill = " "): string =>
    `| ${columns.map((at) => (cells[at] ?? "").padEnd(width(at), fill)).join(" | ")} |`;
  return [line(head), line([], "-"), ...rows.map((row) => line(row))].join("\n");
}
