import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { createAuthorizer } from "#playground/apiserver/authz/authorizer.ts";
import type { Authorizer } from "#playground/apiserver/request.ts";
import { reviewResources } from "#playground/apiserver/subresources/reviews.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { AccessControl, type AccessOptions } from "./access.ts";
import { Refused } from "./refused.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

let stack: AsyncDisposableStack;
let ca: Identity;
let client: KubeClient;
/** `<user> <verb>` of those who may use nodes/proxy. */
let allowed: Set<string>;
/** What the API server was asked about that. */
let questions: string[];
let clock: SteppedClock;

const authorizer: Authorizer = {
  authorize: ({ user, verb, plural, subresource, name }) => {
    if (plural !== "nodes" || subresource !== "proxy") return { allowed: true, reason: "" };
    questions.push(`${user.name} ${verb} ${name}`);
    return { allowed: allowed.has(`${user.name} ${verb}`), reason: "" };
  },
};
const tokens = {
  authenticateToken: async (token: string) =>
    token === "sesame" ? { user: { name: "agent", groups: [] }, audiences: [] } : undefined,
};

// In a suite: tests of all files share one process, and hooks at the top would run for each of them.
describe("who may use a kubelet", () => {
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    ca = await createCa("cluster");
    [allowed, questions, clock] = [new Set(), [], steppedClock()];
    const api = stack.use(
      await startTestApiServer({
        parts: ({ reader }) => {
          const { rbac } = createAuthorizer(reader, ctx.signal);
          return { authorizer, virtual: reviewResources({ authorizer, rbac, tokens }) };
        },
      }),
    );
    client = stack.use(new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test"));
  });

  afterEach(() => stack.disposeAsync());

  interface Caller {
    readonly identity?: Identity;
    readonly token?: string;
    readonly method?: string;
  }

  /** A kubelet that answers 200, or what its access control says: `call` gives the code. */
  async function kubelet(own: Partial<AccessOptions> = {}): Promise<(caller?: Caller) => Promise<number>> {
    const access = new AccessControl({ client, node: "node-1", hasTokens: false, clock, ...own });
    const subject = { commonName: "node-1", organizations: [] };
    const serving = await issueCertificate(ca, { subject, alternativeNames: ["127.0.0.1"], usages: ["server"] });
    const server = createServer(
      {
        cert: serving.certificate,
        key: serving.privateKey,
        ca: ca.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        access.check(ctx, request).then(
          () => response.end(),
          (error: unknown) => response.writeHead(error instanceof Refused ? error.code : 500).end(),
        );
      },
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    stack.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return async ({ identity, token, method = "GET" } = {}) => {
      const outgoing = httpsRequest({
        ...{ host: "127.0.0.1", port, method, ca: ca.certificate, agent: false },
        ...(identity !== undefined && { cert: identity.certificate, key: identity.privateKey }),
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      });
      outgoing.end();
      const [response] = (await once(outgoing, "response")) as [{ statusCode: number; resume: () => void }];
      response.resume();
      return response.statusCode;
    };
  }

  function user(commonName: string, organizations: readonly string[] = [], issuer = ca): Promise<Identity> {
    return issueCertificate(issuer, { subject: { commonName, organizations: [...organizations] }, usages: ["client"] });
  }

  test("who shows nothing, or another authority's certificate, is nobody", async () => {
    const call = await kubelet();
    assert.equal(await call(), 401);
    assert.equal(await call({ identity: await user("eve", ["system:masters"], await createCa("other")) }), 401);
    assert.equal(await call({ token: "sesame" }), 401);
    assert.deepEqual(questions, []);
  });

  test("the API server itself is let in unasked", async () => {
    const call = await kubelet();
    assert.equal(await call({ identity: await user("apiserver", ["system:masters"]) }), 200);
    assert.deepEqual(questions, []);
  });

  test("others need the right to nodes/proxy, for what they do", async () => {
    const call = await kubelet();
    const identity = await user("bob");
    assert.equal(await call({ identity }), 403);
    allowed.add("bob get");
    assert.equal(await call({ identity }), 200);
    assert.equal(await call({ identity, method: "POST" }), 403);
    assert.deepEqual(questions, ["bob get node-1", "bob get node-1", "bob create node-1"]);
  });

  test("a yes is remembered for a minute, a no is not", async () => {
    const call = await kubelet();
    const identity = await user("bob");
    allowed.add("bob get");
    assert.equal(await call({ identity }), 200);
    allowed.clear();
    clock.step(59_999);
    assert.equal(await call({ identity }), 200);
    clock.step(1);
    assert.equal(await call({ identity }), 403);
    assert.equal(questions.length, 2);
  });

  test("one user's groups are not another's name", async () => {
    const call = await kubelet();
    allowed.add("a get");
    assert.equal(await call({ identity: await user("a", ["b"]) }), 200);
    assert.equal(await call({ identity: await user("a/b") }), 403);
  });

  test("tokens count where they are reviewed", async () => {
    const call = await kubelet({ hasTokens: true });
    allowed.add("agent get");
    assert.equal(await call({ token: "sesame" }), 200);
    assert.equal(await call({ token: "guess" }), 401);
  });
});
