/** From what was taken of both clusters to the files of the archive: nothing leaves this but under other names. Pure. */
import type { CategoryResult } from "../check/check.ts";
import { formatResults } from "../check/format.ts";
import type { ArchiveFile } from "./archive.ts";
import type { Entry } from "./entry.ts";
import { hostIn, hostsOf } from "./hosts.ts";
import { withoutSecrets } from "./objects.ts";
import { createPseudonyms } from "./pseudonyms.ts";

export interface SideEntries {
  /** Cluster id. */
  readonly name: string;
  /** URL of its API server, which is asked from here. */
  readonly server: string;
  readonly entries: readonly Entry[];
}

export interface Collected {
  readonly sides: readonly SideEntries[];
  readonly checks: readonly CategoryResult[];
  readonly versions: Readonly<Record<string, string>>;
}

const README = `Made by \`liqoctl support\`. Look at it before you pass it on.

check.txt              what \`liqoctl check\` said
versions.json          versions of liqoctl and of the clusters
<cluster>/objects      objects of Liqo and around it; of Secrets their names alone
<cluster>/logs         the last lines of Liqo's pods
<cluster>/tables       links, routes, nftables and WireGuard of nodes and gateways
<cluster>/metrics      metrics of Liqo's pods
<cluster>/problems.txt what could not be read

Addresses, hosts, keys and other secrets have other names. The same one has the same name in all files of this archive, and in no other
archive; addresses in one CIDR are in one CIDR still.
`;

/** \`key\`: by which names are made; it must not be kept. */
export function filesOf({ sides, checks, versions }: Collected, key: Buffer): ArchiveFile[] {
  const objects = sides.flatMap(({ entries }) => entries.flatMap((entry) => ("objects" in entry ? entry.objects : [])));
  const servers = sides.flatMap(({ server }) => hostIn(server) ?? []);
  const { text, secret } = createPseudonyms(key, [...hostsOf(objects), ...servers]);
  const fileOf = (folder: string, entry: Entry): ArchiveFile => {
    const path = text(`${folder}/${entry.path}`);
    if ("text" in entry) return { path, text: text(entry.text) };
    const items = entry.objects.map((object) =>
      object.kind === "ConfigMap" ? object : withoutSecrets(object, secret, entry.isLiqo),
    );
    const list = { apiVersion: "v1", kind: "List", items: renamed(items, text) };
    return { path, text: `${JSON.stringify(list, undefined, 1)}\n` };
  };
  return [
    { path: "README.txt", text: README },
    { path: "versions.json", text: text(`${JSON.stringify(versions, undefined, 2)}\n`) },
    { path: "check.txt", text: text(`${formatResults(checks, "wide")}\n`) },
    { path: "check.json", text: text(`${formatResults(checks, "json")}\n`) },
    ...sides.flatMap(({ name, entries }) => entries.map((entry) => fileOf(name, entry))),
  ];
}

/** Maps whose keys somebody has chosen; all other keys are names of fields. */
const FREE: ReadonlySet<string> = new Set([
  ...["labels", "annotations", "matchLabels", "selector", "nodeSelector", "data", "stringData", "binaryData"],
]);

/** Of each string by itself: JSON would put letters and digits before it where a control character was. */
function renamed(value: unknown, text: (text: string) => string, isFree = false): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((each) => renamed(each, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      isFree || !FIELD.test(name) ? text(name) : name,
      renamed(inner, text, FREE.has(name)),
    ]),
  );
}

const FIELD = /^[a-zA-Z]+$/;
