/** What pods of Liqo tell beside their objects: logs, what their kernel has, metrics. */
import type { Container, Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type KubeClient, objectPath } from "#kube/client/client.ts";
import { readText } from "#kube/client/transport.ts";
import { pods } from "#machinery/builtin.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { execInPod } from "../exec.ts";
import type { Entry } from "./entry.ts";

const PATIENCE_MS = 20_000;
const LOG_LINES = 5_000;
const LOG_BYTES = 2 * 1024 * 1024;
const TEXT_CHARACTERS = 4 * 1024 * 1024;

/** None of them prints a private key. */
const TABLES: readonly (readonly [string, readonly string[]])[] = [
  ["links", ["ip", "-details", "-statistics", "link", "show"]],
  ["addresses", ["ip", "address", "show"]],
  ["rules", ["ip", "rule", "show"]],
  ["routes", ["ip", "route", "show", "table", "all"]],
  ["neighbours", ["ip", "neighbour", "show"]],
  ["nftables", ["nft", "list", "ruleset"]],
];
const WIREGUARD: readonly (readonly [string, readonly string[]])[] = [
  ["wg-endpoints", ["wg", "show", "all", "endpoints"]],
  ["wg-handshakes", ["wg", "show", "all", "latest-handshakes"]],
  ["wg-transfer", ["wg", "show", "all", "transfer"]],
  ["wg-allowed-ips", ["wg", "show", "all", "allowed-ips"]],
];

/** Prints what is served at the port of its argument. */
const METRICS = `fetch("http://127.0.0.1:" + process.argv[1] + "/metrics", { signal: AbortSignal.timeout(5000) })
  .then((answer) => (answer.ok ? answer.text() : "")).then((text) => process.stdout.write(text));`;

interface Told {
  readonly entries: readonly Entry[];
  readonly problems: readonly string[];
}

export async function fromPod(ctx: Context, client: KubeClient, pod: Pod): Promise<Told> {
  const key = keyOf(pod);
  const folder = `${key.namespace}/${key.name}`;
  const entries: Entry[] = [];
  const problems: string[] = [];
  const take = async (path: string, ask: (limited: Context) => Promise<string>): Promise<void> => {
    try {
      const text = await ask(withTimeout(ctx, PATIENCE_MS));
      // That there is nothing says something, too.
      entries.push({ path, text: text.slice(0, TEXT_CHARACTERS) });
    } catch (error) {
      problems.push(`${path} of pod ${formatKey(key)}: ${messageOf(error)}`);
    }
  };
  const statuses = pod.status?.containerStatuses ?? [];
  for (const { name } of pod.spec?.containers ?? []) {
    await take(`logs/${folder}/${name}.log`, (limited) => logOf(limited, client, pod, name, false));
    if (statuses.some((status) => status.name === name && status.restartCount > 0))
      await take(`logs/${folder}/${name}.previous.log`, (limited) => logOf(limited, client, pod, name, true));
  }
  if (pod.status?.phase !== "Running") return { entries, problems };
  for (const [name, command] of commandsFor(pod))
    await take(`tables/${folder}/${name}.txt`, (limited) => execInPod(limited, client, key, command));
  const port = metricsPort(pod.spec?.containers ?? []);
  if (port !== undefined)
    await take(`metrics/${folder}.txt`, (limited) =>
      execInPod(limited, client, key, ["node", "-e", METRICS, `${port}`]),
    );
  return { entries, problems };
}

async function logOf(
  ctx: Context,
  client: KubeClient,
  pod: Pod,
  container: string,
  previous: boolean,
): Promise<string> {
  const query = { container, previous, tailLines: LOG_LINES, limitBytes: LOG_BYTES, timestamps: false };
  return readText(await client.stream(ctx, objectPath(pods, keyOf(pod), "log"), query), { mostBytes: 2 * LOG_BYTES });
}

function commandsFor({ metadata }: Pod): readonly (readonly [string, readonly string[]])[] {
  if (metadata?.labels?.[labels.NETWORKING_COMPONENT] === "gateway") return [...TABLES, ...WIREGUARD];
  return metadata?.labels?.["app.kubernetes.io/name"] === "fabric" ? TABLES : [];
}

/** That of liqo-controller-manager is the port of its probes, too. */
function metricsPort(containers: readonly Container[]): number | undefined {
  const ports = containers.flatMap((container) => container.ports ?? []);
  return (ports.find(({ name }) => name === "metrics") ?? ports.find(({ name }) => name === "healthz"))?.containerPort;
}
