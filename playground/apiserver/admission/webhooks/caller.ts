/**
 * One call of one webhook: where it is, over connections that are kept, with its deadline.
 * Kubernetes: apiserver/pkg/util/webhook/client.go, pkg/util/proxy (ResolveEndpoint)
 */
import { randomUUID } from "node:crypto";
import { Agent, request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { messageOf } from "#base/errors.ts";
import { services } from "#machinery/builtin.ts";
import type { AdmissionRequest, ObjectReader } from "../../request.ts";
import { pickEndpoint } from "../../subresources/proxies.ts";
import type { Webhook } from "./matching.ts";
import { forgeReview, parseAnswer, type ReviewAnswer } from "./review.ts";

interface Destination {
  /** As messages show it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly servername: string;
}

const DEFAULT_TIMEOUT_SECONDS = 10;
/** Kubernetes: the API server reads at most 3 MiB of any request; answers get the same. */
const MAX_ANSWER_BYTES = 3 << 20;
const MAX_IDLE_SOCKETS = 32;

export class WebhookCaller {
  readonly #reader: ObjectReader;
  /** One per authority; the connections inside are kept per address and server name. */
  readonly #agents = new Map<string, Agent>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** Throws an Error in Kubernetes' words when there is no valid answer in time. */
  async call(
    webhook: Webhook,
    request: AdmissionRequest,
    { signal, mutating }: { readonly signal: AbortSignal; readonly mutating: boolean },
  ): Promise<ReviewAnswer> {
    const timeoutSeconds = webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const uid = randomUUID();
    const destination = this.#resolve(webhook, timeoutSeconds);
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    const body = JSON.stringify(forgeReview(request, uid));
    const agent = this.#agentFor(webhook.clientConfig.caBundle ?? "");
    try {
      return parseAnswer(await post(destination, agent, body, AbortSignal.any([signal, deadline])), uid, mutating);
    } catch (cause) {
      if (cause instanceof TypeError) throw cause;
      const why = deadline.aborted ? "context deadline exceeded" : messageOf(cause);
      throw new Error(`failed to call webhook: Post ${JSON.stringify(destination.url)}: ${why}`);
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #resolve({ clientConfig }: Webhook, timeoutSeconds: number): Destination {
    const { url, service } = clientConfig;
    if (url !== undefined && url !== "") {
      const parsed = new URL(url);
      parsed.searchParams.set("timeout", `${timeoutSeconds}s`);
      const { hostname, pathname, search, href, port } = parsed;
      return {
        url: href,
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port) || 443,
        path: `${pathname}${search}`,
        servername: hostname,
      };
    }
    const { namespace = "", name = "", path = "/", port = 443 } = service ?? {};
    const found = this.#reader.get(services, namespace, name);
    if (found === undefined) throw new Error(`failed to call webhook: service ${JSON.stringify(name)} not found`);
    const servicePort = (found.spec?.ports ?? []).find((candidate) => candidate.port === port);
    if (servicePort === undefined)
      throw new Error(`failed to call webhook: no service port ${port} found for service ${JSON.stringify(name)}`);
    const servername = `${name}.${namespace}.svc`;
    const target = `${path.startsWith("/") ? "" : "/"}${path}?timeout=${timeoutSeconds}s`;
    const place =
      found.spec?.type === "ExternalName"
        ? { host: found.spec.externalName ?? "", port }
        : pickEndpoint(this.#reader, namespace, name, servicePort.name ?? "");
    const shown = `https://${servername}:${port}${target}`;
    if (place === undefined) {
      throw new Error(
        `failed to call webhook: Post ${JSON.stringify(shown)}: no endpoints available for service ${JSON.stringify(name)}`,
      );
    }
    return { url: shown, ...place, path: target, servername };
  }

  #agentFor(caBundle: string): Agent {
    const known = this.#agents.get(caBundle);
    if (known !== undefined) return known;
    const ca = caBundle === "" ? [...rootCertificates] : Buffer.from(caBundle, "base64").toString("utf8");
    const agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS, ca });
    this.#agents.set(caBundle, agent);
    return agent;
  }
}

function post(destination: Destination, agent: Agent, body: string, signal: AbortSignal): Promise<string> {
  const { host, port, path, servername } = destination;
  const headers = {
    host: servername,
    "content-type": "application/json",
    accept: "application/json",
    "content-length": Buffer.byteLength(body),
    "user-agent": "kube-apiserver-admission",
  };
  return new Promise((resolve, reject) => {
    // A server name is for names: an address is verified as it is.
    const named = /^[\d.]+$|:/.test(servername) ? {} : { servername };
    const outgoing = httpsRequest({ method: "POST", host, port, path, headers, agent, signal, ...named });
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) response.destroy(new Error("the answer is too large"));
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new TypeError(`failed to call webhook: ${serverError(text, response.headers["content-type"])}`));
      });
    });
    outgoing.end(body);
  });
}

/** What is no text is not shown. Kubernetes: client-go/rest/request.go (newUnstructuredResponseError) */
function serverError(text: string, contentType = ""): string {
  const shown = contentType.startsWith("text/") ? text.trim() : "unknown";
  return `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`;
}
