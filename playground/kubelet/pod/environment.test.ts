import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, Service } from "kubernetes-types/core/v1";
import { argumentsOf, limitsOf } from "../container/start-container.ts";
import { type EnvironmentInput, expand, forgeEnvironment } from "./environment.ts";
import { formatResolvConf, hostsFile, resolverConfig } from "./files.ts";

const pod: Pod = {
  metadata: { name: "web-0", namespace: "shop", uid: "u", labels: { app: "web" } },
  spec: { containers: [], nodeName: "n1" },
};
const redis: Service = {
  metadata: { name: "redis-cart" },
  spec: { clusterIP: "10.96.0.9", ports: [{ name: "tcp", port: 6379 }] },
};

function input(container: Partial<Container>): EnvironmentInput {
  return {
    pod,
    container: { name: "c", ...container },
    addresses: { podIp: "10.244.0.5", hostIp: "198.18.1.10" },
    nodeResources: { cpu: "4", memory: "8Gi" },
    image: { PATH: "/bin" },
    services: [redis],
    findConfigMap: (name) => (name === "conf" ? { data: { a: "1" } } : undefined),
    findSecret: (name) => (name === "key" ? { data: { b: "Mg==" } } : undefined),
  };
}

test("variables come from fields, objects, resources and other variables", () => {
  const result = forgeEnvironment(
    input({
      resources: { limits: { cpu: "1500m" } },
      envFrom: [{ prefix: "P_", configMapRef: { name: "conf" } }],
      env: [
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
        { name: "B", valueFrom: { secretKeyRef: { name: "key", key: "b" } } },
        { name: "NONE", valueFrom: { secretKeyRef: { name: "key", key: "z", optional: true } } },
        { name: "URL", value: "http://$(REDIS_CART_SERVICE_HOST)/$(IP)$(UNKNOWN)$$(IP)" },
      ],
    }),
  );
  assert.ok("env" in result);
  const { P_a, IP, APP, CPU, MEM, B, URL, NONE, HOSTNAME, REDIS_CART_PORT_6379_TCP_ADDR } = result.env;
  assert.deepEqual(
    { P_a, IP, APP, CPU, MEM, B, NONE, HOSTNAME, REDIS_CART_PORT_6379_TCP_ADDR },
    {
      P_a: "1",
      IP: "10.244.0.5",
      APP: "web",
      CPU: "2",
      MEM: "8192",
      B: "2",
      NONE: undefined,
      HOSTNAME: "web-0",
      REDIS_CART_PORT_6379_TCP_ADDR: "10.96.0.9",
    },
  );
  assert.equal(URL, "http://10.96.0.9/10.244.0.5$(UNKNOWN)$(IP)");
});

test("a missing object or key is told in the kubelet's words", () => {
  const problem = (container: Partial<Container>) => forgeEnvironment(input(container));
  assert.deepEqual(problem({ envFrom: [{ secretRef: { name: "no" } }] }), { problem: 'secret "no" not found' });
  assert.deepEqual(problem({ env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "conf", key: "z" } } }] }), {
    problem: "couldn't find key z in ConfigMap shop/conf",
  });
});

test("command and args replace entrypoint and cmd as Kubernetes documents", () => {
  const image = { entrypoint: ["/e"], cmd: ["c"] };
  const cases: [Partial<Container>, string[]][] = [
    [{}, ["/e", "c"]],
    [{ args: ["$(A)"] }, ["/e", "1"]],
    [{ command: ["/x"] }, ["/x"]],
    [{ command: ["/x"], args: ["y"] }, ["/x", "y"]],
  ];
  for (const [container, expected] of cases)
    assert.deepEqual(argumentsOf({ name: "c", ...container }, image, { A: "1" }), expected);
  assert.equal(expand("$$(A) $(A) $", { A: "1" }), "$(A) 1 $");
});

test("requests and limits become shares, quota and bytes", () => {
  const resources = { requests: { cpu: "100m" }, limits: { cpu: "200m", memory: "128Mi" } };
  assert.deepEqual(limitsOf({ name: "c", resources }), { cpuShares: 102, cpuQuota: 20_000, memoryBytes: 134_217_728 });
  assert.deepEqual(limitsOf({ name: "c" }), { cpuShares: 2 });
});

test("resolv.conf follows dnsPolicy and dnsConfig", () => {
  const cluster = { address: "10.96.0.10", domain: "cluster.local" };
  const node = { nameservers: ["192.0.2.1"], searches: [], options: [] };
  const of = (spec: object): string =>
    formatResolvConf(resolverConfig({ ...pod, spec: { containers: [], ...spec } }, cluster, node));
  assert.equal(
    of({}),
    "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
  );
  assert.equal(of({ hostNetwork: true }), "nameserver 192.0.2.1\n");
  assert.match(of({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }), /10\.96\.0\.10/);
  const none = {
    dnsPolicy: "None",
    dnsConfig: { nameservers: ["1.1.1.1"], searches: ["x"], options: [{ name: "ndots", value: "2" }] },
  };
  assert.equal(of(none), "search x\nnameserver 1.1.1.1\noptions ndots:2\n");
});

test("hosts names the pod, its subdomain and its aliases", () => {
  const spec = {
    containers: [],
    hostname: "web-0",
    subdomain: "web",
    hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }],
  };
  const text = hostsFile({ ...pod, spec }, "10.244.0.5", "cluster.local");
  assert.match(text, /^10\.244\.0\.5\tweb-0\.web\.shop\.svc\.cluster\.local\tweb-0$/m);
  assert.match(text, /^1\.2\.3\.4\ta\tb$/m);
});
