/** remote = f(local), and nothing more: what offloaded namespaces hold at home, against what their twins hold. */
import type { Pod } from "kubernetes-types/core/v1";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { shadowPods } from "#api/offloading/shadow.ts";
import { configMaps, endpointSlices, namespaces, pods, secrets, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { World } from "../world.ts";

const TWIN_OF = "liqo.io/remote-cluster-id=milan";
const NODE = "liqo-rome";
const ROOT_CA = "kube-root-ca.crt";

/** What differs, a line each. */
export async function mirrorFaults(world: World): Promise<string[]> {
  const { ctx, home, provider } = world;
  const offloadings = (await home.list(ctx, namespaceOffloadings)).items;
  const twins = new Map(
    offloadings.map(({ metadata, status }) => [metadata?.namespace ?? "", status?.remoteNamespaceName ?? ""]),
  );
  const there = (await provider.list(ctx, namespaces, { labelSelector: TWIN_OF })).items.map(({ metadata }) =>
    metadata?.name?.startsWith("liqo-tenant-") === true ? undefined : metadata?.name,
  );
  const found = new Set(there.filter((name) => name !== undefined));
  const faults = [
    ...[...twins].filter(([, twin]) => !found.has(twin)).map(([name, twin]) => `namespace ${name}: no twin "${twin}"`),
    ...[...found]
      .filter((twin) => ![...twins.values()].includes(twin))
      .map((twin) => `namespace ${twin} at rome: nothing at milan is offloaded to it`),
  ];
  for (const [namespace, twin] of twins)
    if (found.has(twin)) faults.push(...(await pairFaults(world, namespace, twin)));
  return faults;
}

async function pairFaults(world: World, namespace: string, twin: string): Promise<string[]> {
  return [
    ...(await kindFaults(world, [namespace, twin], configMaps, {
      nameThere: (name) => (name === ROOT_CA ? `${ROOT_CA}.milan` : name),
      isOwnThere: ({ metadata }) => metadata?.name === ROOT_CA,
      content: ({ data, binaryData }) => ({ data, binaryData }),
    })),
    ...(await kindFaults(world, [namespace, twin], secrets, {
      // Tokens of offloaded pods.
      isOwnThere: ({ metadata }) => metadata?.labels?.["offloading.liqo.io/service-account-name"] !== undefined,
      content: ({ data, type }) => ({ data, type }),
    })),
    ...(await kindFaults(world, [namespace, twin], services, {
      content: ({ spec }) => ({
        type: spec?.type,
        ports: spec?.ports?.map(({ name, port, protocol, targetPort }) => ({ name, port, protocol, targetPort })),
      }),
    })),
    ...(await podFaults(world, namespace, twin)),
    ...(await endpointFaults(world, namespace, twin)),
  ];
}

interface Mirror<T> {
  readonly nameThere?: (name: string) => string;
  /** The provider's own objects. */
  readonly isOwnThere?: (object: T) => boolean;
  readonly content: (object: T) => object;
}

async function kindFaults<T extends KubeObject>(
  { ctx, home, provider }: World,
  [namespace, twin]: readonly [string, string],
  resource: Resource<T>,
  { nameThere = (name) => name, isOwnThere = () => false, content }: Mirror<T>,
): Promise<string[]> {
  const here = (await home.list(ctx, resource, { namespace })).items;
  const there = (await provider.list(ctx, resource, { namespace: twin })).items.filter((object) => !isOwnThere(object));
  const expected = new Map(here.map((object) => [nameThere(object.metadata?.name ?? ""), object]));
  return unequal(`${resource.kind} ${twin}`, expected, byName(there), (one) => JSON.stringify(content(one)));
}

/** Pods on the virtual node, their ShadowPods and the pods at rome: the same names, and as one in state and address. */
async function podFaults({ ctx, home, provider }: World, namespace: string, twin: string): Promise<string[]> {
  const here = (await home.list(ctx, pods, { namespace, fieldSelector: `spec.nodeName=${NODE}` })).items.filter(
    // Those that were aborted have nothing there any more.
    ({ status }) => status?.reason !== "OffloadingAborted",
  );
  const shadows = (await provider.list(ctx, shadowPods, { namespace: twin })).items;
  const there = (await provider.list(ctx, pods, { namespace: twin })).items;
  const expected = byName(here);
  return [
    ...unequal(`ShadowPod ${twin}`, expected, byName(shadows), () => ""),
    ...unequal(`Pod ${twin}`, expected, byName(there), stateOf),
  ];
}

function stateOf({ status }: Pod): string {
  const isReady = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  return `${status?.phase}, ready ${isReady}, host ${hostPart(status?.podIP)}`;
}

/** The endpoints of a Service are the same pods on both sides, each with the address it has there. */
async function endpointFaults({ ctx, home, provider }: World, namespace: string, twin: string): Promise<string[]> {
  const [here, there] = await Promise.all([
    home.list(ctx, endpointSlices, { namespace }),
    provider.list(ctx, endpointSlices, { namespace: twin }),
  ]);
  const addressesOf = (slices: typeof here.items): Map<string, string[]> =>
    new Map(
      [...Map.groupBy(slices, ({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] ?? "")].map(
        ([service, members]) => [
          service,
          members.flatMap(({ endpoints }) =>
            (endpoints ?? [])
              .filter(({ conditions }) => conditions?.ready === true)
              .flatMap(({ addresses }) => addresses),
          ),
        ],
      ),
    );
  const [wanted, seen] = [addressesOf(here.items), addressesOf(there.items)];
  return [...wanted].flatMap(([service, addresses]) => {
    const hosts = addresses.map(hostPart).sort().join(" ");
    const hostsThere = (seen.get(service) ?? []).map(hostPart).sort().join(" ");
    return hosts === hostsThere ? [] : [`endpoints of ${twin}/${service}: ${hosts}, at rome ${hostsThere}`];
  });
}

/** Pod networks are mapped whole: what is behind the /16 stays. */
function hostPart(address: string | undefined): string {
  return address?.split(".").slice(2).join(".") ?? "";
}

function byName<T extends KubeObject>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.metadata?.name ?? "", object]));
}

function leaving(object: KubeObject | undefined): string {
  const { deletionTimestamp, finalizers = [] } = object?.metadata ?? {};
  return deletionTimestamp === undefined ? "" : `, deleted at ${deletionTimestamp}, held by ${finalizers.join(" ")}`;
}

function unequal<A, B extends KubeObject>(
  what: string,
  expected: ReadonlyMap<string, A>,
  found: ReadonlyMap<string, B>,
  textOf: (object: A & B) => string,
): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((name) => {
    const [one, other] = [expected.get(name), found.get(name)];
    if (one === undefined) return [`${what}/${name}: nothing at milan is its origin${leaving(other)}`];
    if (other === undefined) return [`${what}/${name}: missing`];
    const [left, right] = [textOf(one as A & B), textOf(other as A & B)];
    return left === right ? [] : [`${what}/${name}: ${right}, at milan ${left}`];
  });
}
