/**
 * NetworkPolicies of an offloaded namespace: they hold for its pods wherever these run, and for whoever speaks to them from
 * either cluster.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Event, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";

const SHOP = "shop";
const PLACES = ["milan", "rome"] as const;
type Place = (typeof PLACES)[number];
type Spec = NonNullable<NetworkPolicy["spec"]>;
const labelled = (app: string) => ({ matchLabels: { app } });

// The network of the test's own Kubernetes enforces none.
const SKIP = chosenName() === "playground" ? false : "its network plugin does not know NetworkPolicies";

describe("network policies across clusters", { concurrency: 1, skip: SKIP }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await startPeered();
    for (const namespace of [SHOP, "office", "home"]) await clusters.kubectl("milan", "create", "namespace", namespace);
    // So that names mean the same in both clusters.
    const strategy = ["--namespace-mapping-strategy", "EnforceSameName", "--context", "milan"];
    for (const namespace of [SHOP, "office"]) await clusters.liqoctl("offload", "namespace", namespace, ...strategy);
    await clusters.kubectl("milan", "label", "namespace", "office", "home", "team=ours");
    const pods = PLACES.flatMap((place) =>
      ["front", "back"].map((app) => run(clusters, { namespace: SHOP, app, place })),
    );
    const others = PLACES.map((place) => run(clusters, { namespace: "office", app: "clerk", place }));
    await Promise.all([...pods, ...others, run(clusters, { namespace: "home", app: "cat", place: "milan" })]);
    await startForeign(clusters);
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  const expectAll = (pairs: readonly (readonly [string, string])[], isOpen: boolean): Promise<void> =>
    eventually(
      `${pairs.map((pair) => pair.join(" → ")).join(", ")} ${isOpen ? "open" : "refused"}`,
      async () => {
        const found = await Promise.all(pairs.map(async ([from, to]) => [from, to, await reaches(clusters, from, to)]));
        assert.deepEqual(
          found,
          pairs.map(([from, to]) => [from, to, isOpen]),
        );
      },
      90_000,
    );
  /** Every placement of both ends. */
  const between = (from: string, to: string) =>
    PLACES.flatMap((a) => PLACES.map((b) => [`${SHOP}/${from}-${a}`, `${SHOP}/${to}-${b}`] as const));

  it("without a policy everybody reaches everybody", async () => {
    await expectAll([...between("front", "back"), ["office/clerk-rome", `${SHOP}/back-rome`]], true);
  });

  it("a default deny holds for pods at home and away, against both clusters", async () => {
    await policy(clusters, "deny", { podSelector: {}, policyTypes: ["Ingress"] });
    await expectAll([...between("front", "back"), ...between("back", "front")], false);
  });

  it("what a label allows is open in all placements, and nothing else is", async () => {
    const ingress = [{ from: [{ podSelector: labelled("front") }], ports: [{ port: 80 }] }];
    await policy(clusters, "to-back", { podSelector: labelled("back"), policyTypes: ["Ingress"], ingress });
    await expectAll(between("front", "back"), true);
    await expectAll(between("back", "front"), false);
    await expectAll(
      PLACES.map((place) => ["office/clerk-rome", `${SHOP}/back-${place}`] as const),
      false,
    );
    assert.equal(await foreignReaches(clusters, "back-rome"), false, "a pod of rome's own with the same label");
  });

  it("a pod that is made again elsewhere is allowed there, and its old address is not", async () => {
    await remove(clusters, "front-rome");
    await run(clusters, { namespace: SHOP, app: "front", place: "milan", name: "front-rome" });
    await expectAll([[`${SHOP}/front-rome`, `${SHOP}/back-rome`]], true);
    const addresses = await allowedAddresses(clusters);
    assert.equal(addresses.length, 2);
    await remove(clusters, "front-rome");
    await eventually("the address of the pod that is gone is allowed no more", async () =>
      assert.equal((await allowedAddresses(clusters)).length, 1),
    );
    await run(clusters, { namespace: SHOP, app: "front", place: "rome" });
    await expectAll(between("front", "back"), true);
  });

  it("a namespaceSelector means the consumer's namespaces, offloaded or not", async () => {
    const ingress = [{ from: [{ namespaceSelector: { matchLabels: { team: "ours" } } }] }];
    await policy(clusters, "to-back", { podSelector: labelled("back"), policyTypes: ["Ingress"], ingress });
    const clerks = ["office/clerk-milan", "office/clerk-rome", "home/cat-milan"];
    await expectAll(
      clerks.flatMap((from) => PLACES.map((place) => [from, `${SHOP}/back-${place}`] as const)),
      true,
    );
    await expectAll(between("front", "back"), false);
    assert.equal(await foreignReaches(clusters, "back-rome"), false);
    await clusters.kubectl("milan", "label", "namespace", "office", "team-");
    await expectAll(
      [
        ["office/clerk-rome", `${SHOP}/back-rome`],
        ["office/clerk-milan", `${SHOP}/back-rome`],
      ],
      false,
    );
  });

  it("an ipBlock means the consumer's addresses", async () => {
    const ingress = [{ from: [{ ipBlock: { cidr: clusters.clusters[0]?.podCidr ?? "" } }] }];
    await policy(clusters, "to-back", { podSelector: labelled("back"), policyTypes: ["Ingress"], ingress });
    await expectAll(
      PLACES.map((place) => [`${SHOP}/front-milan`, `${SHOP}/back-${place}`] as const),
      true,
    );
    await expectAll(
      PLACES.map((place) => [`${SHOP}/front-rome`, `${SHOP}/back-${place}`] as const),
      false,
    );
    assert.equal(await foreignReaches(clusters, "back-rome"), false);
  });

  it("egress holds, too", async () => {
    for (const name of ["deny", "to-back"])
      await clusters.kubectl("milan", "delete", "networkpolicy", name, "-n", SHOP);
    const egress = [{ to: [{ podSelector: labelled("back") }] }];
    await policy(clusters, "from-front", { podSelector: labelled("front"), policyTypes: ["Egress"], egress });
    await expectAll([...between("front", "back"), ...between("back", "front")], true);
    await expectAll(
      [
        ["front-milan", "clerk-rome"],
        ["front-rome", "clerk-milan"],
        ["front-rome", "clerk-rome"],
      ].map(([a, b]) => [`${SHOP}/${a}`, `office/${b}`] as const),
      false,
    );
    await clusters.kubectl("milan", "delete", "networkpolicy", "from-front", "-n", SHOP);
    await expectAll([[`${SHOP}/front-rome`, "office/clerk-milan"]], true);
  });

  it("what cannot be said at the provider is refused there, and an event says which field it is", async () => {
    const ingress = [
      { from: [{ ipBlock: { cidr: "fd00::/8" } }, { podSelector: { matchLabels: { "liqo.io/x": "y" } } }] },
    ];
    await policy(clusters, "odd", { podSelector: labelled("back"), policyTypes: ["Ingress"], ingress });
    await eventually("an event about the policy", async () => {
      const { items } = await clusters.get<{ items: Event[] }>("milan", "events", "-n", SHOP);
      const messages = items
        .filter(({ involvedObject }) => involvedObject.name === "odd")
        .map(({ message = "" }) => message);
      assert.ok(
        messages.some(
          (text) =>
            text.includes("spec.ingress[0].from[0].ipBlock: fd00::/8") &&
            text.includes("spec.ingress[0].from[1].podSelector: label liqo.io/x"),
        ),
        messages.join("\n"),
      );
    });
    await expectAll(between("front", "back"), false);
    const twin = await clusters.get<NetworkPolicy>("rome", "networkpolicy", "odd", "-n", SHOP);
    assert.deepEqual([twin.spec?.policyTypes, twin.spec?.ingress], [["Ingress"], undefined]);
  });

  it("nothing is written while nothing changes", async () => {
    const versions = async (): Promise<string[]> => {
      const row = ["-o", `jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}`];
      const kinds = "networkpolicies,shadownetworkpolicies";
      return [
        await clusters.kubectl("milan", "get", "networkpolicies", "-n", SHOP, ...row),
        await clusters.kubectl("rome", "get", kinds, "-n", SHOP, ...row),
      ];
    };
    const first = await versions();
    await delay(5_000);
    assert.deepEqual(await versions(), first);
  });

  it("policies that are removed leave all open, and nothing at the provider", async () => {
    await clusters.kubectl("milan", "delete", "networkpolicy", "--all", "-n", SHOP);
    await expectAll([...between("front", "back"), ...between("back", "front")], true);
    const left = await clusters.kubectl(
      "rome",
      "get",
      "networkpolicies,shadownetworkpolicies",
      "-n",
      SHOP,
      "-o",
      "name",
    );
    assert.equal(left, "");
  });
});

interface Wanted {
  readonly namespace: string;
  readonly app: string;
  readonly place: Place;
  readonly name?: string;
}

/** A pod with a page, and a Service that leads to it alone. */
async function run(
  { kubectl, tryKubectl }: Clusters,
  { namespace, app, place, name = `${app}-${place}` }: Wanted,
): Promise<void> {
  const nodeSelector =
    place === "rome" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
  const items = [
    { ...page(name, { app, name }), spec: { ...page(name, {}).spec, nodeSelector } },
    { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { name }, ports: [{ port: 80 }] } },
  ];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const applied = await tryKubectl("milan", ["apply", "-n", namespace, "-f", "-"], { input });
  assert.equal(applied.code, 0, applied.stderr);
  await kubectl("milan", "wait", "--for=condition=Ready", `pod/${name}`, "-n", namespace, "--timeout=120s");
}

function page(name: string, labels: Readonly<Record<string, string>>) {
  const nginx = {
    name: "nginx",
    image: "nginx",
    command: PAGE_WITH_NAME,
    readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [nginx] },
  };
}

/** A pod of rome's own that looks like the consumer's. */
async function startForeign({ kubectl, tryKubectl }: Clusters): Promise<void> {
  const input = JSON.stringify(page("foreign", { app: "front" }));
  const applied = await tryKubectl("rome", ["apply", "-f", "-"], { input });
  assert.equal(applied.code, 0, applied.stderr);
  await kubectl("rome", "wait", "--for=condition=Ready", "pod/foreign", "--timeout=120s");
}

async function foreignReaches({ get, tryKubectl }: Clusters, pod: string): Promise<boolean> {
  const { status } = await get<Pod>("rome", "pod", pod, "-n", SHOP);
  const { code } = await tryKubectl("rome", ["exec", "foreign", "--", ...curl(status?.podIP ?? "")]);
  return code === 0;
}

/** By the Service of that name, as both clusters have it. Names are `namespace/pod`. */
async function reaches({ tryKubectl }: Clusters, from: string, to: string): Promise<boolean> {
  const [namespace = "", pod = ""] = from.split("/");
  const [other = "", target = ""] = to.split("/");
  const host = `${target}.${other}`;
  const { code, stdout, stderr } = await tryKubectl("milan", ["exec", "-n", namespace, pod, "--", ...curl(host)]);
  assert.ok(code === 0 || /curl: \((7|28)\)/.test(stderr), stderr);
  if (code === 0) assert.equal(stdout.trim(), target);
  return code === 0;
}

function curl(host: string): string[] {
  return ["curl", "-sS", "-m", "2", `http://${host}`];
}

async function policy({ tryKubectl }: Clusters, name: string, spec: Spec): Promise<void> {
  const input = JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name }, spec });
  const applied = await tryKubectl("milan", ["apply", "-n", SHOP, "-f", "-"], { input });
  assert.equal(applied.code, 0, applied.stderr);
}

async function remove({ kubectl }: Clusters, pod: string): Promise<void> {
  await kubectl("milan", "delete", "pod", pod, "-n", SHOP, "--timeout=90s");
}

/** What rome lets in by address, of the policy about the back. */
async function allowedAddresses({ get }: Clusters): Promise<string[]> {
  const { spec } = await get<NetworkPolicy>("rome", "networkpolicy", "to-back", "-n", SHOP);
  return (spec?.ingress ?? []).flatMap(({ from }) => from ?? []).flatMap(({ ipBlock }) => ipBlock?.cidr ?? []);
}
