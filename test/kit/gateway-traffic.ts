/**
 * Traffic through the gateways from a pod of milan to a pod of rome: requests over new connections all the time, and one
 * connection that is held.
 */
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Pod } from "kubernetes-types/core/v1";
import type { Clusters } from "./clusters.ts";
import { eventually } from "./eventually.ts";
import { Load } from "./load.ts";
import { loadBalancerAddress } from "./services.ts";

const NAMESPACE = "traffic";
const VISIT_MS = 50;
/** Of a visitor: TCP sends again what was lost. */
const PATIENCE_MS = 20_000;
const HELD_INTERVAL_MS = 100;
/** What a fault does is not seen at once. */
const WATCHED_MS = 8_000;
const KEPT = "keepalive_timeout 600s; keepalive_requests 1000000;";
/** Answers with the number that nginx gave to the connection. */
const FAR_SITE = `server { listen 80; ${KEPT} location / { return 200 "$connection\\n"; } }`;
/** Asks the far one, over a new connection or over the one that it has. */
const NEAR_SITE = `
upstream held { server far.${NAMESPACE}; keepalive 1; ${KEPT} }
server {
  listen 80; ${KEPT}
  location / { proxy_pass http://far.${NAMESPACE}/; }
  location /held { proxy_pass http://held/; proxy_http_version 1.1; proxy_set_header Connection ""; }
}`;

export class GatewayTraffic implements AsyncDisposable {
  readonly requests: Load;
  readonly held: HeldConnection;
  readonly #clusters: Clusters;

  private constructor(clusters: Clusters, url: string) {
    this.#clusters = clusters;
    this.requests = new Load(url, VISIT_MS, PATIENCE_MS);
    this.held = new HeldConnection(`${url}held`);
  }

  /** Both pods lie on `node` of their cluster. */
  static async start(clusters: Clusters, node: string): Promise<GatewayTraffic> {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await runSite(clusters, "far", FAR_SITE, { "liqo.io/type": "virtual-node" });
    await runSite(clusters, "near", NEAR_SITE, { "kubernetes.io/hostname": node });
    // No other node has a part in it.
    const local = `--overrides=${JSON.stringify({ spec: { externalTrafficPolicy: "Local" } })}`;
    const service = ["--name=web", "--port=80", "--type=LoadBalancer", local];
    await kubectl("milan", "-n", NAMESPACE, "expose", "pod", "near", ...service);
    const url = `http://${await loadBalancerAddress(clusters, NAMESPACE, "web")}/`;
    const traffic = new GatewayTraffic(clusters, url);
    await traffic.flows();
    return traffic;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.requests[Symbol.asyncDispose](), this.held[Symbol.asyncDispose]()]);
  }

  /** Where the pod of this end runs. */
  async nodeOf(cluster: "milan" | "rome"): Promise<string> {
    const [name, namespace] = cluster === "milan" ? ["near", NAMESPACE] : ["far", `${NAMESPACE}-milan`];
    return (await this.#clusters.get<Pod>(cluster, "pod", name, "-n", namespace)).spec?.nodeName ?? "";
  }

  /** Resolves when answers come at once again. */
  async flows(): Promise<void> {
    await eventually("requests are answered at once", () => {
      const recent = this.requests.since(performance.now() - 1_000);
      assert.ok(recent.length > 3 && recent.every(({ who, tookMs }) => who !== undefined && tookMs < 500));
    });
  }

  /** Resolves when answers came at once for as long. */
  async calm(ms: number): Promise<void> {
    await eventually(`no request waits for ${ms} ms`, () => {
      const recent = this.requests.since(performance.now() - ms);
      const due = ms / VISIT_MS / 2;
      assert.ok(recent.length > due && recent.every(({ who, tookMs }) => who !== undefined && tookMs < SLOW_MS));
    });
  }

  /** What the near pod says of requests that failed, last. */
  async complaints(): Promise<string> {
    const log = await this.#clusters.kubectl("milan", "logs", "near", "-n", NAMESPACE, "--tail=2000");
    const errors = log.split("\n").filter((line) => line.includes("[error]"));
    return errors.slice(-MOST_COMPLAINTS).join("\n");
  }

  /** What requests sent since then have met, once all flows again and those under way have ended. */
  async outcome(sinceMs: number): Promise<TrafficOutcome> {
    await delay(WATCHED_MS);
    await this.flows();
    const endMs = performance.now();
    await eventually("all requests have ended", () => assert.ok(this.requests.pendingBefore(endMs) === 0));
    const answers = this.requests.since(sinceMs).filter(({ atMs }) => atMs < endMs);
    const bad = answers.filter(({ who, tookMs }) => who === undefined || tookMs > SLOW_MS);
    return {
      requests: answers.length,
      lost: answers.filter(({ who }) => who === undefined).length,
      slowestMs: Math.round(Math.max(0, ...answers.map(({ tookMs }) => tookMs))),
      held: this.held.faults(),
      waited: bad.map(({ atMs }) => Math.round(atMs - sinceMs)),
    };
  }
}

const SLOW_MS = 500;
const MOST_COMPLAINTS = 20;

export interface TrafficOutcome {
  readonly requests: number;
  readonly lost: number;
  readonly slowestMs: number;
  /** How long after the fault those began that are lost or had to wait. */
  readonly waited: readonly number[];
  /** How often the held connection was another one. */
  readonly held: number;
}

/** Asks over one connection, again and again; counts how often it was not the one it had. */
class HeldConnection implements AsyncDisposable {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #running: Promise<void>;
  #number: string | undefined;
  #faults = 0;
  #isStopped = false;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  faults(): number {
    return this.#faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const number = await this.#ask();
      if (this.#number !== undefined && number !== this.#number) this.#faults++;
      this.#number = number ?? this.#number;
      await delay(HELD_INTERVAL_MS);
    }
  }

  #ask(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const sent = request(this.#url, { agent: this.#agent, signal: AbortSignal.timeout(60_000) }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("error", () => resolve(undefined));
        response.on("end", () => resolve(response.statusCode === 200 ? text.trim() : undefined));
      });
      sent.on("error", () => resolve(undefined));
      sent.end();
    });
  }
}

async function runSite(
  clusters: Clusters,
  name: string,
  site: string,
  nodeSelector: Record<string, string>,
): Promise<void> {
  const { kubectl } = clusters;
  const command = ["sh", "-c", 'printf "%s" "$SITE" > /etc/nginx/conf.d/default.conf; exec nginx -g "daemon off;"'];
  const container = { name: "nginx", image: "nginx", command, env: [{ name: "SITE", value: site }] };
  const pod = {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } } },
    spec: { nodeSelector, terminationGracePeriodSeconds: 1, containers: [container] },
  };
  await clusters.tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input: JSON.stringify(pod) });
  await kubectl("milan", "-n", NAMESPACE, "wait", `pod/${name}`, "--for=condition=Ready", "--timeout=60s");
  if (name === "far")
    await kubectl("milan", "-n", NAMESPACE, "expose", "pod", "far", "--selector=app=far", "--port=80");
}
