/** The two API servers under comparison, as processes of their own on loopback ports, and requests to them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { generateKeyPair } from "#pki/keys.ts";
import type { ApiServerConfig } from "#playground/supervisor/config.ts";
import type { Step } from "./step.ts";

const SERVICE_CIDR = "10.97.0.0/16";
/** Never listened on: what Endpoints say. */
const ADDRESS = "10.0.0.1";
const READY_ATTEMPTS = 300;
const POLL_MS = 100;
/** Without a byte; longer than any watch of the steps. */
const LONGEST_MS = 5_000;

export interface Keys {
  readonly ca: Identity;
  readonly admin: Identity;
  readonly serving: Identity;
  /** PEM pair for the tokens of service accounts. */
  readonly tokenKey: { readonly privateKey: string; readonly publicKey: string };
}

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly warnings: readonly string[];
  readonly text: string;
}

export async function createKeys(): Promise<Keys> {
  const ca = await createCa("fidelity-ca");
  const admin = await issueCertificate(ca, {
    subject: { commonName: "admin", organizations: ["system:masters"] },
    usages: ["client"],
  });
  const serving = await issueCertificate(ca, {
    subject: { commonName: "kube-apiserver", organizations: [] },
    alternativeNames: ["localhost", "127.0.0.1"],
    usages: ["server"],
  });
  return { ca, admin, serving, tokenKey: generateKeyPair() };
}

/** Processes and the folder they write to, which end with the comparison, however it ends. */
export class Processes implements AsyncDisposable {
  readonly folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #remove = (): void => {
    this.#kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  };

  constructor(folder: string) {
    this.folder = folder;
    process.once("exit", this.#remove);
  }

  start(name: string, file: string, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), "a");
    const child = spawn(file, [...args], { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#children.push(child);
  }

  #kill(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    this.#kill();
    await Promise.all(running.map((child) => once(child, "exit")));
    process.removeListener("exit", this.#remove);
    this.#remove();
  }
}

export class Server {
  readonly name: string;
  readonly #port: number;
  readonly #agent: Agent;

  constructor(name: string, port: number, { ca, admin }: Keys) {
    this.name = name;
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, ca: ca.certificate, cert: admin.certificate, key: admin.privateKey });
  }

  send({ method, path, body, headers }: Omit<Step, "name">): Promise<Answer> {
    const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const all = {
      "user-agent": "fidelity/v1",
      ...(payload !== undefined && {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(payload)),
      }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const options = {
        method,
        host: "127.0.0.1",
        port: this.#port,
        path,
        headers: all,
        agent: this.#agent,
      };
      const outgoing = httpsRequest(options, (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        const end = (): void => {
          const warnings = incoming.headersDistinct["warning"] ?? [];
          const contentType = incoming.headers["content-type"] ?? "";
          resolve({ code: incoming.statusCode ?? 0, contentType, warnings, text });
        };
        incoming.once("end", end);
        // A watch that nothing ends is cut off: what came of it is its answer.
        incoming.once("error", end);
      });
      outgoing.once("error", reject);
      outgoing.setTimeout(LONGEST_MS, () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
      outgoing.end(payload);
    });
  }

  async ready(logFile: string): Promise<void> {
    for (let attempt = 0; attempt < READY_ATTEMPTS; attempt++) {
      const answer = await this.send({ method: "GET", path: "/readyz" }).catch(() => undefined);
      const space = await this.send({ method: "GET", path: "/api/v1/namespaces/default" }).catch(() => undefined);
      if (answer?.code === 200 && space?.code === 200) return;
      await sleep(POLL_MS);
    }
    throw new Error(
      `start ${this.name} API server: not ready; its log ends:\n${readFileSync(logFile, "utf8").slice(-2000)}`,
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The folder of the genuine programs; throws when they are missing. */
export function findGenuine(project: string): string {
  const folder = process.env["LIQO_KUBERNETES_BIN"] ?? join(project, ".tools/kubernetes");
  const missing = ["etcd", "kube-apiserver"].filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return folder;
  throw new Error(`compare API servers: ${missing.join(" and ")} missing in ${folder}; run \`make kubernetes\``);
}

export async function startGenuine(
  programs: string,
  folder: string,
  keys: Keys,
  processes: Processes,
): Promise<Server> {
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  processes.start("etcd", join(programs, "etcd"), [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    "--log-level=warn",
    "--unsafe-no-fsync=true",
  ]);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const flags = {
    "advertise-address": ADDRESS,
    "bind-address": "127.0.0.1",
    "secure-port": port,
    "etcd-servers": `http://127.0.0.1:${client}`,
    "tls-cert-file": file("serving.crt", keys.serving.certificate),
    "tls-private-key-file": file("serving.key", keys.serving.privateKey),
    "client-ca-file": file("ca.crt", keys.ca.certificate),
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": file("tokens.pub", keys.tokenKey.publicKey),
    "service-account-signing-key-file": file("tokens.key", keys.tokenKey.privateKey),
    "service-cluster-ip-range": SERVICE_CIDR,
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": true,
    "allow-privileged": true,
    "endpoint-reconciler-type": "none",
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  processes.start("genuine", join(programs, "kube-apiserver"), args);
  return new Server("genuine", port, keys);
}

export async function startEmbedded(
  project: string,
  folder: string,
  keys: Keys,
  processes: Processes,
): Promise<Server> {
  const config: ApiServerConfig = {
    storeFile: join(folder, "store.db"),
    address: ADDRESS,
    port: await freePort(),
    serviceCidr: SERVICE_CIDR,
    schemas: join(project, ".build/openapi"),
    tls: keys.serving,
    ca: keys.ca.certificate,
    kubeletClient: keys.admin,
    tokenKey: keys.tokenKey.privateKey,
  };
  const file = join(folder, "embedded.json");
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  processes.start("embedded", process.execPath, [join(project, "cmd/playground-apiserver.ts"), file]);
  return new Server("embedded", config.port, keys);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
