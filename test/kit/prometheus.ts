/**
 * A Prometheus outside of the clusters that reads pods through the API server, as its administrator: `pods/proxy`.
 * Prometheus: configuration/configuration, querying/api
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterConfig } from "#kube/client/config.ts";
import { freePort } from "../../src/network/testing/free-port.ts";
import { eventually } from "./eventually.ts";

export interface ScrapedPod {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface PrometheusOptions {
  /** Of the cluster's administrator. */
  readonly config: ClusterConfig;
  readonly pods: readonly ScrapedPod[];
  /** A file of alert rules. */
  readonly rules: string;
  readonly intervalSeconds: number;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [atSeconds: number, value: string];
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}

export interface Prometheus extends AsyncDisposable {
  /** The series that the expression gives now; rejects when it is wrong. */
  query(expression: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly Rule[]>;
}

const START_MS = 20_000;

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "liqo-prometheus-"));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { ca = "", cert = "", key = "" } = options.config;
  const tls = { ca_file: file("ca.pem", ca), cert_file: file("cert.pem", cert), key_file: file("key.pem", key) };
  const config = file("prometheus.yml", JSON.stringify(configuration(options, tls)));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const server = spawn("prometheus", [...args, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const dispose = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  const failed = new Promise<never>((_, reject) => {
    server.once("error", (cause) => reject(new Error("prometheus does not start; run: make test-setup", { cause })));
  });
  try {
    const ready = eventually("Prometheus is ready", async () => assertOk(await fetch(`${url}/-/ready`)), START_MS);
    await Promise.race([ready, failed]);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    query: async (expression) => (await ask<Vector>(`${url}/api/v1/query`, { query: expression })).result,
    rules: async () => (await ask<RuleGroups>(`${url}/api/v1/rules`)).groups.flatMap((group) => group.rules),
    [Symbol.asyncDispose]: dispose,
  };
}

interface Vector {
  readonly result: readonly Sample[];
}

interface RuleGroups {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

/** JSON is YAML, too. */
function configuration({ config, pods, rules, intervalSeconds }: PrometheusOptions, tls: object): object {
  const { host } = new URL(config.server);
  const interval = `${intervalSeconds}s`;
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: "liqo",
        scheme: "https",
        tls_config: tls,
        static_configs: pods.map(({ namespace, name, port }) => ({
          targets: [host],
          labels: {
            __metrics_path__: `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`,
            instance: `${name}:${port}`,
          },
        })),
      },
    ],
  };
}

async function ask<T>(address: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url);
  const answer = (await response.json()) as { readonly status: string; readonly error?: string; readonly data: T };
  if (answer.status !== "success") throw new Error(`${query["query"] ?? address}: ${answer.error}`);
  return answer.data;
}

function assertOk({ status }: Response): void {
  if (status !== 200) throw new Error(`answered ${status}`);
}

function end(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.pid === undefined) return resolve();
    server.once("exit", () => resolve());
    server.kill("SIGKILL");
  });
}
