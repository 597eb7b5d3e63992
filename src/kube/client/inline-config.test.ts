import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { takesAtMost } from "#kit/properties.ts";
import { KubeconfigError } from "./config.ts";
import { inlineConfigFromText } from "./inline-config.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function kubeconfig(cluster: object = {}, user: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "rome",
        cluster: { server: "https://rome:6443", "certificate-authority-data": base64("CA"), ...cluster },
      },
    ],
    users: [
      {
        name: "milan",
        user: { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY"), ...user },
      },
    ],
    contexts: [{ name: "rome", context: { cluster: "rome", user: "milan", namespace: "liqo-tenant-milan" } }],
    "current-context": "rome",
  };
}

const READ = { server: "https://rome:6443", ca: "CA", cert: "CERT", key: "KEY", namespace: "liqo-tenant-milan" };

test("inline certificates are read, from JSON and YAML", () => {
  assert.deepEqual(inlineConfigFromText(JSON.stringify(kubeconfig()), "Secret"), READ);
  assert.deepEqual(inlineConfigFromText(stringify(kubeconfig({ "insecure-skip-tls-verify": false })), "Secret"), READ);
  assert.equal(inlineConfigFromText(stringify(kubeconfig({}, { token: "t" })), "Secret").token, "t");
});

test("a proxy is honoured", () => {
  const text = JSON.stringify(kubeconfig({ "proxy-url": "http://10.70.0.3:8118" }));
  assert.deepEqual(inlineConfigFromText(text, "Secret"), { ...READ, proxyUrl: "http://10.70.0.3:8118" });
});

const TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const REFUSED: readonly (readonly [field: string, cluster: object, user: object])[] = [
  ["certificate-authority", { "certificate-authority": "/etc/passwd" }, {}],
  ["insecure-skip-tls-verify", { "insecure-skip-tls-verify": true }, {}],
  ["tokenFile", {}, { tokenFile: TOKEN_FILE }],
  ["client-certificate", {}, { "client-certificate": "/a" }],
  ["client-key", {}, { "client-key": "/a" }],
  ["exec", {}, { exec: { command: "sh" } }],
  ["auth-provider", {}, { "auth-provider": { name: "gcp" } }],
  ["as", {}, { as: "admin" }],
  ["password", {}, { username: "", password: "x" }],
];
for (const [field, cluster, user] of REFUSED) {
  test(`${field} is refused by name`, () => {
    assert.throws(
      () => inlineConfigFromText(JSON.stringify(kubeconfig(cluster, user)), "Secret a/b"),
      (error: Error) => error instanceof KubeconfigError && error.message.includes(`has ${field}, which`),
    );
  });
}

test("it is refused in an entry that the context does not name, too", () => {
  const config = kubeconfig() as { users: object[] };
  config.users.push({ name: "other", user: { tokenFile: TOKEN_FILE } });
  assert.throws(() => inlineConfigFromText(JSON.stringify(config), "Secret"), /has tokenFile/);
});

/** 10^7 values. */
const BOMB = ["a0: &a0 x"]
  .concat(Array.from({ length: 7 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`))
  .join("\n");

for (const [name, text, message] of [
  ["a server without TLS", JSON.stringify(kubeconfig({ server: "http://rome:6443" })), /must be an https URL/],
  [
    "a proxy that speaks something else",
    JSON.stringify(kubeconfig({ "proxy-url": "socks5://x" })),
    /proxy-url "socks5:/,
  ],
  ["a server that is no URL", JSON.stringify(kubeconfig({ server: "rome" })), /must be a URL/],
  ["more than 64 KiB", " ".repeat(70_000), /has 70000 bytes, allowed are 65536/],
  ["YAML aliases that multiply", BOMB, /is not valid YAML/],
  ["nesting beyond the stack", "[".repeat(60_000), /is not valid YAML/],
  ["a list of clusters that is none", "clusters: 5", /clusters must be a list/],
  ["a cluster that is a text", "clusters: [{name: a, cluster: b}]", /clusters\[0\] must have a name and a cluster/],
  ["nothing", "", /is not a kubeconfig/],
  ["no context", "clusters: []", /no current-context is set/],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => inlineConfigFromText(text, "Secret"),
      (error: Error) => error instanceof KubeconfigError && message.test(error.message),
    );
  });
}

test("tens of thousands of keys take no time", () => {
  const keys = Array.from({ length: 16_000 }, (_, i) => i.toString(36)).join(",");
  takesAtMost(2_000, () => assert.throws(() => inlineConfigFromText(`{${keys}}`, "Secret"), KubeconfigError));
});
