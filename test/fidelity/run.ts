/**
 * The differential test of the embedded API server: the same requests to it and to a genuine kube-apiserver, every
 * difference in one line. Run by `make fidelity`; arguments select steps by the beginning of their names.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "#base/errors.ts";
import { ACCEPTED } from "./accepted.ts";
import { compare, type Difference, formatDifference, judge, parse } from "./compare.ts";
import { type Answer, createKeys, findGenuine, Processes, type Server, startEmbedded, startGenuine } from "./server.ts";
import type { Step } from "./step.ts";
import { subjects } from "./steps/all.ts";
import { startWebhookServer } from "./webhook-server.ts";

/** Until a watch that was asked for has begun. */
const WATCH_STARTS_MS = 300;

interface Side {
  readonly server: Server;
  readonly variables: Map<string, string>;
}

interface Outcome {
  readonly requests: number;
  readonly differences: readonly Difference[];
}

const project = join(import.meta.dirname, "../..");
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`fidelity: ${messageOf(error)}\n`);
  return 1;
});

async function main(wanted: readonly string[]): Promise<number> {
  const programs = findGenuine(project);
  await using processes = new Processes(mkdtempSync(join(tmpdir(), "fidelity-")));
  const { folder } = processes;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const keys = await createKeys();
  using webhooks = await startWebhookServer(keys);
  const known = new Map([
    ["webhook", `127.0.0.1:${webhooks.port}`],
    ["ca", Buffer.from(keys.ca.certificate).toString("base64")],
  ]);
  const servers = [
    await startGenuine(programs, folder, keys, processes),
    await startEmbedded(project, folder, keys, processes),
  ];
  await Promise.all(servers.map((server) => server.ready(join(folder, `${server.name}.log`))));
  const chosen = Object.entries(await subjects()).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const outcome = await runAll(
    chosen.flatMap(([, steps]) => steps),
    servers,
    known,
  );
  for (const server of servers) server.close();
  return report(outcome, wanted.length === 0);
}

async function runAll(
  steps: readonly Step[],
  servers: readonly Server[],
  known: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const sides = servers.map((server): Side => ({ server, variables: new Map(known) }));
  const differences: Difference[] = [];
  let requests = 0;
  for (const step of steps) {
    const answers = await Promise.all(sides.map((side) => perform(side, step)));
    if (step.setUp === true) {
      for (const [i, { code, text }] of answers.entries())
        if (code >= 300 && step.method !== "DELETE")
          throw new Error(`${step.name}: ${servers[i]?.name} says ${code} ${text}`);
      continue;
    }
    requests++;
    const [genuine, embedded] = answers;
    if (genuine !== undefined && embedded !== undefined) differences.push(...compare(step.name, genuine, embedded));
  }
  return { requests, differences };
}

async function perform({ server, variables }: Side, step: Step): Promise<Answer> {
  const filled = fill(step, variables);
  const pending = server.send(filled);
  if (step.during !== undefined) {
    await sleep(WATCH_STARTS_MS);
    for (const inner of step.during) await perform({ server, variables }, inner);
  }
  const answer = await pending;
  for (const [name, path] of Object.entries(step.save ?? {})) variables.set(name, valueAt(parse(answer.text), path));
  return answer;
}

function fill(step: Step, variables: ReadonlyMap<string, string>): Step {
  const text = JSON.stringify(step, (key, value: unknown) => (key === "during" ? undefined : value));
  return JSON.parse(text.replace(/\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole)) as Step;
}

function valueAt(body: unknown, path: string): string {
  const found = path.split(".").reduce<unknown>((value, field) => {
    return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
  }, body);
  return String(found);
}

function report({ requests, differences }: Outcome, whole: boolean): number {
  const { open, idle } = judge(differences, ACCEPTED);
  for (const difference of open) process.stdout.write(`${formatDifference(difference)}\n`);
  const unneeded = whole ? idle : [];
  for (const { step, path } of unneeded) process.stdout.write(`accepted, but no longer so: ${step} ${path}\n`);
  const [differing, unequal] = [differences, open].map((list) => new Set(list.map(({ step }) => step)).size);
  const accepted = (differing ?? 0) - (unequal ?? 0);
  const equal = `${requests - (differing ?? 0)} answered alike, ${accepted} differ as accepted`;
  process.stdout.write(`fidelity: ${requests} requests: ${equal}, ${unequal} differ otherwise\n`);
  return open.length + unneeded.length === 0 ? 0 : 1;
}
