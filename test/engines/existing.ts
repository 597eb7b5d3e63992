/**
 * Clusters that exist already, given by two kubeconfigs: `LIQO_TEST_CONSUMER_KUBECONFIG` becomes `milan`,
 * `LIQO_TEST_PROVIDER_KUBECONFIG` `rome`. Nothing but the Kubernetes API is assumed, and that the test's process reaches
 * node and load balancer addresses. They are for tests alone: what a test leaves, namespaces included, is removed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node } from "kubernetes-types/core/v1";
import { contains, formatCidr, maskOf, parseCidr } from "#base/cidr.ts";
import { run } from "#base/run.ts";
import { type Kubeconfig, mergeKubeconfigs } from "#pki/kubeconfig.ts";
import type { ClusterRequest, Engine, TestCluster } from "./engine.ts";
import { readSingleKubeconfig } from "./single-kubeconfig.ts";

/** By the names that the suites give: the consumer, the provider. */
const VARIABLES = new Map([
  ["milan", "LIQO_TEST_CONSUMER"],
  ["rome", "LIQO_TEST_PROVIDER"],
]);
const LIQOCTL = join(import.meta.dirname, "../../bin/liqoctl");
const KUBECONFIG = "_KUBECONFIG";
const TIMEOUT_MS = 180_000;
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

export function existingEngine(): Engine {
  const home = mkdtempSync(join(tmpdir(), "liqo-existing-"));
  const kubeconfig = join(home, "kubeconfig");
  const env = { KUBECONFIG: kubeconfig };
  const kubectl = async (cluster: string, ...args: readonly string[]): Promise<string> =>
    (await run("kubectl", ["--context", cluster, ...args], { env, timeoutMs: TIMEOUT_MS })).stdout;
  const namespacesOf = async (cluster: string): Promise<string[]> =>
    (await kubectl(cluster, "get", "namespaces", "-o", "name")).split("\n").filter((name) => name !== "");
  const before = new Map<string, string[]>();
  return {
    name: "existing",
    kubeconfig,
    env,
    create: async (requests) => {
      for (const request of requests) refuseWhatIsGiven(request);
      const parts = await Promise.all(requests.map(({ name }) => readKubeconfig(name)));
      writeFileSync(kubeconfig, JSON.stringify(mergeKubeconfigs(parts)), { mode: 0o600 });
      for (const { name } of requests) before.set(name, await namespacesOf(name));
      return Promise.all(requests.map(({ name }) => describeCluster(name, kubectl)));
    },
    [Symbol.asyncDispose]: async () => {
      try {
        await removeLiqo([...before.keys()], kubectl, env);
        for (const [name, kept] of before) {
          const made = (await namespacesOf(name)).filter((namespace) => !kept.includes(namespace));
          if (made.length > 0) await kubectl(name, "delete", ...made);
        }
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    },
  };
}

/** Whether both clusters are named in the environment. */
export function hasExistingClusters(): boolean {
  return [...VARIABLES.values()].every((variable) => (process.env[`${variable}${KUBECONFIG}`] ?? "") !== "");
}

function refuseWhatIsGiven({ name, podCidr, serviceCidr, loadBalancer }: ClusterRequest): void {
  const asked = Object.entries({ podCidr, serviceCidr, loadBalancer: loadBalancer === false ? false : undefined })
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => `${field} ${value}`);
  if (asked.length > 0)
    throw new Error(`engine existing: cluster ${name} exists already, ${asked.join(", ")} cannot be chosen`);
}

/** The current context of the cluster's kubeconfig, files inlined, all names replaced by the cluster's. */
async function readKubeconfig(name: string): Promise<Kubeconfig> {
  const variable = `${VARIABLES.get(name)}${KUBECONFIG}`;
  const path = VARIABLES.has(name) ? process.env[variable] : undefined;
  if (path === undefined || path === "") throw new Error(`engine existing: ${variable} must name a kubeconfig file`);
  const { clusters, users, ...rest } = await readSingleKubeconfig(path);
  return {
    ...rest,
    clusters: clusters.map((cluster) => ({ ...cluster, name })),
    users: users.map((user) => ({ ...user, name })),
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}

type Kubectl = (cluster: string, ...args: readonly string[]) => Promise<string>;

async function describeCluster(name: string, kubectl: Kubectl): Promise<TestCluster> {
  const { items } = JSON.parse(await kubectl(name, "get", "nodes", "-o", "json")) as { items: Node[] };
  const workers = items
    .filter(({ metadata }) => metadata?.labels?.[CONTROL_PLANE] === undefined)
    .map(({ metadata }) => metadata?.name ?? "");
  const ofNodes = items.flatMap(({ spec }) => spec?.podCIDR ?? []);
  const podCidr = process.env[`${VARIABLES.get(name)}_POD_CIDR`] ?? enclosing(ofNodes);
  if (podCidr === undefined)
    throw new Error(`engine existing: no node of ${name} has spec.podCIDR; give ${VARIABLES.get(name)}_POD_CIDR`);
  const serviceCidr = await kubectl(name, "get", "servicecidrs", "kubernetes", "-o", "jsonpath={.spec.cidrs[0]}");
  return { name, podCidr, serviceCidr, workers };
}

/** The smallest IPv4 CIDR that all are in. */
export function enclosing(cidrs: readonly string[]): string | undefined {
  const [first, ...rest] = cidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
  if (first === undefined) return undefined;
  let { base, prefix } = first;
  for (const cidr of rest)
    while (prefix > 0 && (prefix > cidr.prefix || !contains({ base, prefix }, cidr.base))) {
      prefix -= 1;
      base = (base & maskOf(prefix)) >>> 0;
    }
  return formatCidr({ base, prefix });
}

/** A failed test may leave anything: each step may find nothing to do. */
async function removeLiqo(
  clusters: readonly string[],
  kubectl: Kubectl,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const liqoctl = (...args: readonly string[]) => run(LIQOCTL, args, { env, timeoutMs: TIMEOUT_MS });
  const installed: string[] = [];
  for (const name of clusters)
    if ((await kubectl(name, "get", "namespace", "liqo", "--ignore-not-found", "-o", "name")) !== "")
      installed.push(name);
  for (const name of installed)
    await kubectl(name, "delete", "namespaceoffloadings", "--all", "-A", "--ignore-not-found");
  if (installed.length > 1) await liqoctl("unpeer", "--context", "milan", "--remote-context", "rome");
  for (const name of installed) await liqoctl("uninstall", "--context", name, "--skip-confirm", "--purge");
}
