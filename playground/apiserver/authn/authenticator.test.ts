import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import "reflect-metadata";
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PublicKey,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { kitReader } from "#kit/object-reader.ts";
import { pods, secrets, serviceAccounts } from "#machinery/builtin.ts";
import { StatusError } from "#machinery/status-error.ts";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { generateKeyPair, signingKeyOf } from "#pki/keys.ts";
import { TokenSigner } from "#pki/service-account-token.ts";
import { createAuthenticator } from "./authenticator.ts";
import { impersonate } from "./impersonation.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");
// Of the kind that takes long to make.
const KEY = generateKeyPair("rsa-2048").privateKey;
const CLAIMS = { namespace: "shop", serviceaccount: { name: "cart", uid: "u1" }, pod: { name: "cart-0", uid: "p1" } };

function setup(): {
  reader: ReturnType<typeof kitReader>;
  signer: TokenSigner;
  clock: { ms: number };
  ask: (headers: Record<string, string>) => Promise<unknown>;
} {
  const clock = { ms: START_MS };
  const reader = kitReader(
    [serviceAccounts, { metadata: { namespace: "shop", name: "cart", uid: "u1" } }],
    [pods, { metadata: { namespace: "shop", name: "cart-0", uid: "p1" } }],
  );
  const signer = new TokenSigner(KEY);
  const authenticator = createAuthenticator({
    reader,
    signer,
    staticTokens: { opensesame: { name: "ali", groups: ["thieves"] } },
    now: () => clock.ms,
    authorizer: {
      authorize: ({ user, name }) => ({ allowed: user.name === "ali" && name !== "system:admin", reason: "" }),
    },
  });
  const ask = (headers: Record<string, string>): Promise<unknown> =>
    authenticator.authenticate({ headers, rawHeaders: Object.entries(headers).flat(), socket: {} } as never);
  return { reader, signer, clock, ask };
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

async function refused(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StatusError);
  return `${error.code} ${error.message}`;
}

test("a request without credentials is anonymous, one with a bad token is not let in", async () => {
  const { ask } = setup();
  assert.deepEqual(await ask({}), { name: "system:anonymous", groups: ["system:unauthenticated"] });
  assert.equal(await refused(ask(bearer("nonsense"))), "401 Unauthorized");
  assert.deepEqual(await ask(bearer("opensesame")), { name: "ali", groups: ["thieves", "system:authenticated"] });
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from("opensesame").toString("base64url")}`;
  assert.deepEqual(await ask({ "sec-websocket-protocol": `v5.channel.k8s.io, ${protocol}` }), {
    name: "ali",
    groups: ["thieves", "system:authenticated"],
  });
});

test("a service-account token names the account and its pod until it expires or the pod goes", async () => {
  const { ask, signer, clock, reader } = setup();
  const sign = (audience: string): Promise<string> =>
    signer.sign({ claims: CLAIMS, audiences: [audience], expirationSeconds: 3600, nowMs: START_MS });
  const token = await sign(signer.issuer);
  const user = (await ask(bearer(token))) as {
    name: string;
    groups: string[];
    uid: string;
    extra: Record<string, string[]>;
  };
  assert.equal(user.name, "system:serviceaccount:shop:cart");
  assert.deepEqual(user.groups, ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]);
  assert.deepEqual(user.extra["authentication.kubernetes.io/pod-name"], ["cart-0"]);
  assert.equal(await refused(ask(bearer(await sign("vault")))), "401 Unauthorized");
  assert.equal(await refused(ask(bearer(`${token.slice(0, -8)}AAAAAAAA`))), "401 Unauthorized");
  clock.ms = START_MS + 3_601_000;
  assert.equal(await refused(ask(bearer(token))), "401 Unauthorized");
  clock.ms = START_MS;
  await assert.doesNotReject(ask(bearer(token)));
  reader.put(pods, { metadata: { namespace: "shop", name: "cart-0", uid: "another" } });
  assert.equal(await refused(ask(bearer(token))), "401 Unauthorized");
});

test("a legacy token counts as long as its Secret holds it", async () => {
  const { ask, signer, reader } = setup();
  const { pod: _, ...claims } = CLAIMS;
  const token = await signer.signLegacy({ ...claims, secret: { name: "cart-token", uid: "" } });
  assert.equal(await refused(ask(bearer(token))), "401 Unauthorized");
  const data = { token: Buffer.from(token).toString("base64") };
  reader.put(secrets, { metadata: { namespace: "shop", name: "cart-token", uid: "s1" }, data } as object);
  assert.equal(((await ask(bearer(token))) as { name: string }).name, "system:serviceaccount:shop:cart");
});

test("a bootstrap token names a bootstrapper until it expires", async () => {
  const { ask, clock, reader } = setup();
  const fields = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    expiration: "2026-01-02T00:00:00Z",
    "auth-extra-groups": "system:bootstrappers:worker",
  };
  const data = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  const metadata = { namespace: "kube-system", name: "bootstrap-token-abcdef" };
  reader.put(secrets, { metadata, type: "bootstrap.kubernetes.io/token", data } as object);
  assert.deepEqual(await ask(bearer("abcdef.0123456789abcdef")), {
    name: "system:bootstrap:abcdef",
    groups: ["system:bootstrappers", "system:bootstrappers:worker", "system:authenticated"],
  });
  clock.ms += 2 * 86_400_000;
  assert.equal(await refused(ask(bearer("abcdef.0123456789abcdef"))), "401 Unauthorized");
});

test("an extra key with a faulty escape is taken as it stands, and none reaches a prototype", async () => {
  const admin = { name: "admin", groups: ["system:masters"] };
  const all = { authorize: () => ({ allowed: true, reason: "" }) };
  const ask = (header: string): unknown =>
    impersonate(all, admin, { rawHeaders: ["Impersonate-User", "jane", header, "x"] }).extra;
  assert.deepEqual(ask("Impersonate-Extra-%"), { "%": ["x"] });
  assert.deepEqual(ask("Impersonate-Extra-a%2fb"), { "a/b": ["x"] });
  assert.throws(() => ask("Impersonate-Extra-__proto__"), { code: 400 });
  assert.deepEqual(Object.keys(ask("Impersonate-Extra-constructor") as object), ["constructor"]);
});

test("impersonation needs the right to it", async () => {
  const { ask } = setup();
  const as = (user: string): Record<string, string> => ({ ...bearer("opensesame"), "Impersonate-User": user });
  assert.deepEqual(await ask({ ...as("jane"), "Impersonate-Group": "dev" }), {
    name: "jane",
    groups: ["dev", "system:authenticated"],
  });
  assert.deepEqual(await ask(as("system:serviceaccount:shop:cart")), {
    name: "system:serviceaccount:shop:cart",
    groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
  });
  assert.equal(
    await refused(ask(as("system:admin"))),
    '403 users "system:admin" is forbidden: User "ali" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

test("a client certificate names user and groups over real TLS, one of another authority is refused", async () => {
  const ca = await createCa("kubernetes");
  const { reader, signer } = setup();
  const authorizer = { authorize: () => ({ allowed: false, reason: "" }) };
  const authenticator = createAuthenticator({ reader, signer, authorizer });
  const { certificate: cert, privateKey: key } = await issueCertificate(ca, {
    subject: { commonName: "kube-apiserver", organizations: [] },
    alternativeNames: ["127.0.0.1"],
    usages: ["server"],
  });
  const options = { cert, key, ca: ca.certificate, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (incoming, outgoing) => {
    authenticator.authenticate(incoming).then(
      (user) => outgoing.end(`${user?.name} ${user?.groups.join()}`),
      (error: Error) => outgoing.end(error.message),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ask = async (identity?: Identity): Promise<string> => {
    const tls = identity && { cert: identity.certificate, key: identity.privateKey };
    const outgoing = request({ host: "127.0.0.1", port, ca: ca.certificate, agent: false, ...tls }).end();
    const [response] = await once(outgoing, "response");
    return (await response.toArray()).join("");
  };
  const subject = { commonName: "jane", organizations: ["dev", "ops"] };
  try {
    assert.equal(
      await ask(await issueCertificate(ca, { subject, usages: ["client"] })),
      "jane dev,ops,system:authenticated",
    );
    assert.equal(
      await ask(await issueCertificate(await createCa("other"), { subject, usages: ["client"] })),
      "Unauthorized",
    );
    assert.equal(await ask(), "system:anonymous system:unauthenticated");
    // Of several CN the last is the user, as Go reads it.
    assert.equal(await ask(await identityNamed(ca, "O=dev, CN=jane, CN=boss")), "boss dev,system:authenticated");
  } finally {
    server.close();
  }
});

/** A client identity with a subject that issueCertificate would not write. */
async function identityNamed(ca: Identity, subject: string): Promise<Identity> {
  const { privateKey, publicKey } = generateKeyPair();
  const { keys, algorithm } = signingKeyOf(ca.privateKey);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: new X509Certificate(ca.certificate).subjectName.toJSON(),
    publicKey: new PublicKey(publicKey),
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
  });
  return { certificate: certificate.toString("pem"), privateKey };
}
