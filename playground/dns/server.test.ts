import assert from "node:assert/strict";
import { test } from "node:test";
import packet from "dns-packet";
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { steppedClock } from "#kit/stepped-clock.ts";
import type { ServiceImport } from "./clusterset.ts";
import { decodeMessage, FLAGS, type Message } from "./packet.ts";
import { type Responder, respond } from "./server.ts";
import type { ClusterView } from "./zone.ts";

const machine = { clock: steppedClock(), random: () => 0 };

const ports = [{ name: "http", port: 80, protocol: "TCP" }];
const services: Record<string, Service> = {
  "shop/web": { metadata: { namespace: "shop", name: "web" }, spec: { clusterIP: "10.96.0.5", ports } },
  "shop/db": { metadata: { namespace: "shop", name: "db" }, spec: { clusterIP: "None", ports } },
  "shop/none": { metadata: { namespace: "shop", name: "none" }, spec: { clusterIP: "None", ports } },
  "shop/alias": {
    metadata: { namespace: "shop", name: "alias" },
    spec: { type: "ExternalName", externalName: "web.shop.svc.cluster.local" },
  },
};
const endpoints: Endpoint[] = [
  { addresses: ["10.244.0.7"], hostname: "db-0", conditions: { ready: true } },
  { addresses: ["10.244.1.8"], conditions: { ready: true } },
  { addresses: ["10.244.1.9"], conditions: { ready: false } },
];
const slice: EndpointSlice = { addressType: "IPv4", endpoints, ports: [{ name: "http", port: 8080, protocol: "TCP" }] };

const both = [...ports, { name: "http-udp", port: 80, protocol: "UDP" }];
const imports: Record<string, ServiceImport> = {
  web: {
    metadata: { namespace: "shop", name: "web" },
    spec: { type: "ClusterSetIP", ips: ["10.96.7.7"], ports: both },
  },
  waiting: { metadata: { namespace: "shop", name: "waiting" }, spec: { type: "ClusterSetIP", ports } },
  db: { metadata: { namespace: "shop", name: "db" }, spec: { type: "Headless", ports } },
};
const importedSlice: EndpointSlice = {
  ...slice,
  metadata: { name: "db-rome", labels: { "multicluster.kubernetes.io/source-cluster": "rome" } },
};

const view: ClusterView = {
  domain: "cluster.local",
  findService: (namespace, name) => services[`${namespace}/${name}`],
  listSlices: (_namespace, service) => (service === "db" ? [slice] : []),
  hasNamespace: (namespace) => namespace === "shop",
  findServiceByIp: (ip) => (ip === "10.96.0.5" ? { namespace: "shop", name: "web" } : undefined),
  hasClusterSet: () => true,
  findImport: (namespace, name) => (namespace === "shop" ? imports[name] : undefined),
  listImportedSlices: (_namespace, name) => (name === "db" ? [importedSlice, { ...importedSlice, endpoints: [] }] : []),
  findEndpointByIp: (ip) => {
    const endpoint = endpoints.find((candidate) => candidate.addresses.includes(ip));
    return endpoint && { namespace: "shop", service: "db", endpoint };
  },
};

async function ask(name: string, type: string, responder: Partial<Responder> = {}): Promise<Message> {
  const query = packet.encode({ type: "query", id: 7, flags: FLAGS.recursionDesired, questions: [{ name, type }] });
  const bytes = await respond({ view, upstreams: [], isReady: () => true, ...machine, ...responder }, query, false);
  assert.ok(bytes !== undefined);
  return decodeMessage(bytes);
}

function records(message: Message): string[] {
  return message.answers.map((a) => (a.type === "SRV" ? `${a.data.port} ${a.data.target}` : String(a.data))).sort();
}

test("questions and their records", async () => {
  const cases: [string, string, string, string[]][] = [
    ["web.shop.svc.cluster.local", "A", "NOERROR", ["10.96.0.5"]],
    ["WEB.shop.svc.cluster.local", "A", "NOERROR", ["10.96.0.5"]],
    ["web.shop.svc.cluster.local", "AAAA", "NOERROR", []],
    ["_http._tcp.web.shop.svc.cluster.local", "SRV", "NOERROR", ["80 web.shop.svc.cluster.local"]],
    ["_grpc._tcp.web.shop.svc.cluster.local", "SRV", "NXDOMAIN", []],
    ["db.shop.svc.cluster.local", "A", "NOERROR", ["10.244.0.7", "10.244.1.8"]],
    ["db-0.db.shop.svc.cluster.local", "A", "NOERROR", ["10.244.0.7"]],
    ["10-244-1-8.db.shop.svc.cluster.local", "A", "NOERROR", ["10.244.1.8"]],
    [
      "_http._tcp.db.shop.svc.cluster.local",
      "SRV",
      "NOERROR",
      ["8080 10-244-1-8.db.shop.svc.cluster.local", "8080 db-0.db.shop.svc.cluster.local"],
    ],
    ["none.shop.svc.cluster.local", "A", "NXDOMAIN", []],
    ["missing.shop.svc.cluster.local", "A", "NXDOMAIN", []],
    ["shop.svc.cluster.local", "A", "NOERROR", []],
    ["nowhere.svc.cluster.local", "A", "NXDOMAIN", []],
    ["alias.shop.svc.cluster.local", "A", "NOERROR", ["10.96.0.5", "web.shop.svc.cluster.local"]],
    ["10-1-2-3.shop.pod.cluster.local", "A", "NOERROR", ["10.1.2.3"]],
    ["x.shop.pod.cluster.local", "A", "NXDOMAIN", []],
    ["5.0.96.10.in-addr.arpa", "PTR", "NOERROR", ["web.shop.svc.cluster.local"]],
    ["7.0.244.10.in-addr.arpa", "PTR", "NOERROR", ["db-0.db.shop.svc.cluster.local"]],
    ["dns-version.cluster.local", "TXT", "NOERROR", ["1.1.0"]],
    ["example.com", "A", "NXDOMAIN", []],
  ];
  for (const [name, type, rcode, expected] of cases) {
    const answer = await ask(name, type);
    assert.equal(answer.rcode, rcode, `${name} ${type}`);
    assert.deepEqual(records(answer), expected, `${name} ${type}`);
  }
});

test("an empty answer carries the start of authority, so that it is not remembered for long", async () => {
  const { authorities = [] } = await ask("missing.shop.svc.cluster.local", "A");
  assert.equal(authorities[0]?.type, "SOA");
});

test("before everything is listed the answer is SERVFAIL, not NXDOMAIN", async () => {
  assert.equal((await ask("web.shop.svc.cluster.local", "A", { isReady: () => false })).rcode, "SERVFAIL");
});

test("an answer that does not fit is cut over UDP and whole over TCP", async () => {
  const many = Array.from({ length: 60 }, (_, i): Endpoint => ({ addresses: [`10.244.2.${i}`] }));
  const big: Responder = {
    view: { ...view, listSlices: () => [{ ...slice, endpoints: many }] },
    upstreams: [],
    isReady: () => true,
    ...machine,
  };
  const query = packet.encode({
    type: "query",
    id: 7,
    flags: 0,
    questions: [{ name: "db.shop.svc.cluster.local", type: "A" }],
  });
  const udp = await respond(big, query, false);
  const tcp = await respond(big, query, true);
  assert.ok(udp !== undefined && tcp !== undefined);
  assert.notEqual(decodeMessage(udp).flags & FLAGS.truncated, 0);
  assert.equal(decodeMessage(tcp).answers.length, 60);
});

test("garbage is answered with a format error or not at all", async () => {
  const responder: Responder = { view, upstreams: [], isReady: () => true, ...machine };
  assert.equal(await respond(responder, Buffer.from([1, 2]), false), undefined);
  const garbage = Buffer.alloc(20, 0xff);
  garbage.writeUInt16BE(0x0100, 2);
  const answer = await respond(responder, garbage, false);
  assert.equal(answer?.readUInt16BE(0), 0xffff);
});

test("names of the clusterset are those of the ServiceImports", async () => {
  const cases: [string, string, string, string[]][] = [
    ["web.shop.svc.clusterset.local", "A", "NOERROR", ["10.96.7.7"]],
    ["WEB.shop.svc.clusterset.local", "A", "NOERROR", ["10.96.7.7"]],
    ["web.shop.svc.clusterset.local", "AAAA", "NOERROR", []],
    ["web.shop.svc.clusterset.local", "SRV", "NOERROR", ["80 web.shop.svc.clusterset.local"]],
    ["_http._tcp.web.shop.svc.clusterset.local", "SRV", "NOERROR", ["80 web.shop.svc.clusterset.local"]],
    ["_http._udp.web.shop.svc.clusterset.local", "SRV", "NXDOMAIN", []],
    // Nothing leads to one cluster alone.
    ["rome.web.shop.svc.clusterset.local", "A", "NXDOMAIN", []],
    ["waiting.shop.svc.clusterset.local", "A", "NXDOMAIN", []],
    ["db.shop.svc.clusterset.local", "A", "NOERROR", ["10.244.0.7", "10.244.1.8"]],
    ["db-0.rome.db.shop.svc.clusterset.local", "A", "NOERROR", ["10.244.0.7"]],
    ["10-244-1-8.rome.db.shop.svc.clusterset.local", "A", "NOERROR", ["10.244.1.8"]],
    ["db-0.milan.db.shop.svc.clusterset.local", "A", "NXDOMAIN", []],
    [
      "_http._tcp.db.shop.svc.clusterset.local",
      "SRV",
      "NOERROR",
      ["8080 10-244-1-8.rome.db.shop.svc.clusterset.local", "8080 db-0.rome.db.shop.svc.clusterset.local"],
    ],
    ["missing.shop.svc.clusterset.local", "A", "NXDOMAIN", []],
    ["web.shop.pod.clusterset.local", "A", "NXDOMAIN", []],
    ["dns-version.clusterset.local", "TXT", "NOERROR", ["1.0.0"]],
  ];
  for (const [name, type, rcode, expected] of cases) {
    const answer = await ask(name, type);
    assert.equal(answer.rcode, rcode, `${name} ${type}`);
    assert.deepEqual(records(answer), expected, `${name} ${type}`);
  }
  assert.equal((await ask("missing.shop.svc.clusterset.local", "A")).authorities?.[0]?.name, "clusterset.local");
});

test("in a cluster that knows no ServiceImports the clusterset's names are somebody else's", async () => {
  const answer = await ask("web.shop.svc.clusterset.local", "A", { view: { ...view, hasClusterSet: () => false } });
  assert.equal(answer.rcode, "NXDOMAIN");
  assert.deepEqual(answer.authorities, []);
});
