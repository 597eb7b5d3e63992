/**
 * One API server inside a test, as envtest is for Go: everything real but the cluster around it. Full rights for
 * the administrator, no controllers; tests that need RBAC or admission pass their own parts.
 */

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";
import { clientCertificateAuthenticator } from "./apiserver/authn/client-certificate.ts";
import type { ApiServerParts, ApiServices } from "./apiserver/connector.ts";
import { customResourceDefinitions } from "./apiserver/crd/crd.ts";
import { crdStrategy } from "./apiserver/crd/strategy.ts";
import { loadBuiltinSchemas } from "./apiserver/openapi/builtin-schemas.ts";
import type { Authenticator, UserInfo } from "./apiserver/request.ts";
import { builtinStrategies } from "./apiserver/resources/all.ts";
import { type ApiServer, startApiServer } from "./apiserver/server.ts";
import type { AnyStrategy } from "./apiserver/strategy.ts";

export interface TestApiServerOptions {
  /** Replaces single parts; the administrator's token and certificates are accepted in any case. */
  readonly parts?: (services: ApiServices) => Partial<ApiServerParts>;
  /** Default: all built-in kinds and CRDs. */
  readonly strategies?: readonly AnyStrategy[];
  /** Namespaces to create. Default: default and kube-system. */
  readonly namespaces?: readonly string[];
  /** An existing directory to keep state in; default a temporary one, removed at the end. */
  readonly directory?: string;
  readonly clock?: Clock;
  /** Definitions that are there from the start. The same array costs little each further time. */
  readonly crds?: readonly KubeObject[];
  /** The file to append the audit log to. */
  readonly auditLog?: string;
  /** Of the server's certificate and of those that clients have. Default: one of its own. */
  readonly ca?: Identity;
}

export interface TestApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:40123` */
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly adminToken: string;
  readonly adminCertificate: { readonly certificate: string; readonly privateKey: string };
  /** Path of a kubeconfig file of the administrator. */
  readonly kubeconfig: string;
  readonly directory: string;
  readonly server: ApiServer;
  /** One request as the administrator, a new connection each, so that nothing between test and server interprets it. */
  request(method: string, path: string, options?: TestRequest): Promise<TestResponse>;
}

export interface TestRequest {
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  /** Default: application/json. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestResponse {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The parsed body; `{}` when it is no single JSON object. */
  readonly body: TestBody;
}

/** What tests read of any answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind, and a wrong path fails them
export type TestBody = any;

// Of all servers of one process: nobody changes them.
const SCHEMAS = loadBuiltinSchemas(fileURLToPath(new URL("../.build/openapi", import.meta.url)));
let shared: ReturnType<typeof createIdentities> | undefined;
// As the first server that was given them has stored them, by what was given.
const stored = new WeakMap<readonly KubeObject[], readonly KubeObject[]>();
const ADMIN: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "apiserver-"));
  shared ??= createIdentities();
  const { ca, adminCertificate, serving } = await (options.ca === undefined ? shared : createIdentities(options.ca));
  const adminToken = randomUUID();
  const controller = new AbortController();
  const { crds = [] } = options;
  // A directory may have them already.
  const known = options.directory === undefined ? stored.get(crds) : undefined;
  const server = await startApiServer(
    { signal: controller.signal, log: silentLogger },
    {
      // Only a directory that outlives the server can be read by another.
      storeFile: options.directory === undefined ? ":memory:" : join(directory, "store.db"),
      tls: { ...serving, clientCa: ca.certificate },
      strategies: options.strategies ?? [...builtinStrategies, crdStrategy],
      schemas: SCHEMAS,
      parts: (services) => partsFor(services, adminToken, options.parts),
      ...(options.clock !== undefined && { clock: options.clock }),
      ...(options.auditLog !== undefined && { auditLog: options.auditLog }),
      definitions: known ?? [],
    },
  );
  const names = (options.namespaces ?? ["default", "kube-system"]).map((name) => ({ metadata: { name } }));
  await create(server, { group: "", plural: "namespaces" }, names);
  if (known === undefined) {
    await create(server, customResourceDefinitions, crds);
    stored.set(crds, server.services.reader.list(customResourceDefinitions, ""));
  }
  const url = `https://127.0.0.1:${server.port}`;
  const kubeconfig = join(directory, "kubeconfig");
  const at = { cluster: "test", server: url, ca: ca.certificate };
  const config = forgeKubeconfig({ ...at, user: "admin", credentials: adminCertificate });
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    url,
    ca: ca.certificate,
    adminToken,
    adminCertificate,
    kubeconfig,
    directory,
    server,
    request: (method, path, request) =>
      send({ url, ca: ca.certificate, token: adminToken }, { method, path, ...request }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      controller.abort();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function createIdentities(given?: Identity): Promise<{
  readonly ca: Identity;
  readonly adminCertificate: Identity;
  readonly serving: Identity;
}> {
  const ca = given ?? (await createCa("test-ca"));
  const adminCertificate = await issueCertificate(ca, {
    subject: { commonName: "admin", organizations: ["system:masters"] },
    usages: ["client"],
  });
  const serving = await issueCertificate(ca, {
    subject: { commonName: "kube-apiserver", organizations: [] },
    alternativeNames: ["localhost", "127.0.0.1", "kubernetes.default.svc"],
    usages: ["server"],
  });
  return { ca, adminCertificate, serving };
}

function partsFor(services: ApiServices, adminToken: string, override: TestApiServerOptions["parts"]): ApiServerParts {
  const admin: Authenticator = {
    authenticate: (request) =>
      Promise.resolve(request.headers.authorization === `Bearer ${adminToken}` ? ADMIN : undefined),
  };
  const own = override?.(services) ?? {};
  return {
    authorizer: { authorize: () => ({ allowed: true, reason: "" }) },
    admission: [],
    connectors: [],
    virtual: [],
    ...own,
    authenticators: [admin, clientCertificateAuthenticator(Date.now), ...(own.authenticators ?? [])],
  };
}

/** What is not there yet: a server may have been given the directory of another. */
async function create(
  { services }: ApiServer,
  { group, plural }: { readonly group: string; readonly plural: string },
  objects: readonly KubeObject[],
): Promise<void> {
  const resource = services.findResource(group, plural) as Resource<KubeObject> | undefined;
  if (resource === undefined) return;
  const { kind } = resource;
  const apiVersion = apiVersionOf(resource);
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  for (const object of objects) {
    try {
      await services.writer.create(ctx, resource, "", { ...structuredClone(object), apiVersion, kind });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

function send(
  to: { readonly url: string; readonly ca: string; readonly token: string },
  request: TestRequest & { readonly method: string; readonly path: string },
): Promise<TestResponse> {
  const { method, path, body, contentType = "application/json", headers } = request;
  const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
  const payload = isRaw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const options = {
      method,
      ca: to.ca,
      agent: false as const,
      headers: {
        authorization: `Bearer ${to.token}`,
        ...(payload !== undefined && {
          "content-type": contentType,
          // Node sends a body with DELETE only when told its length.
          "content-length": String(Buffer.byteLength(payload)),
        }),
        ...headers,
      },
    };
    const outgoing = httpsRequest(to.url + path, options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        resolve({ code: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parse(text) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

/** Watches answer with several documents; tests split their text themselves. */
function parse(text: string): TestBody {
  return text.startsWith("{") && !text.trimEnd().includes("\n") ? JSON.parse(text) : {};
}
