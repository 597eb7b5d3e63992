/** NetworkPolicies, as ShadowNetworkPolicies that the provider translates into NetworkPolicies. Not upstream's. */
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy, NetworkPolicyPeer } from "kubernetes-types/networking/v1";
import { type ShadowNetworkPolicy, shadowNetworkPolicies } from "#api/offloading/shadow.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { forgeShadowNetworkPolicy, type PolicyView, type ShadowPolicy } from "#forge/network-policy/shadow.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { networkPolicies } from "#machinery/builtin.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";
import type { NamespacePair, ReflectionDeps } from "../deps.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";
import { isNative, translateAddress } from "./addresses.ts";

// Pods come in bursts, and all of a burst are one change of a policy.
const GATHER_MS = 200;
// What an event has room for.
const SHOWN = 5;

const spec: ReflectorSpec<NetworkPolicy, ShadowNetworkPolicy> = {
  name: "networkpolicy",
  local: networkPolicies,
  remote: shadowNetworkPolicies,
  whereUnknown:
    "it takes no NetworkPolicies, so its pods stay open: it runs upstream's Liqo or a release before 0.2, or has offloading.reflection.networkpolicy.workers 0",
  isReady: ({ homeView }) => homeView.isSynced,
  forge: (local, deps, pair) => forge(local, deps, pair).shadow,
  omitted: (local, deps, pair) => {
    const { refused } = forge(local, deps, pair);
    const more = refused.length > SHOWN ? `; and ${refused.length - SHOWN} more` : "";
    return refused.length === 0
      ? undefined
      : `without what cannot be said there, and is refused there: ${refused.slice(0, SHOWN).join("; ")}${more}`;
  },
  watches: (deps, pair, locals) => [
    watchHome(deps, pair, locals),
    // A namespace gets a twin, or loses it.
    watchMapped(deps.localMaps, () => naming(locals, isOfOtherNamespaces)),
    watchGathered(deps, deps.localNodes, () => naming(locals, isOfPods), hasSameLabels),
    ...(deps.settings.remotePodCidrs.length === 0
      ? []
      : [watchGathered(deps, deps.localIps, () => naming(locals, isOfPods))]),
  ],
};

function forge(local: NetworkPolicy, deps: ReflectionDeps, pair: NamespacePair): ShadowPolicy {
  return forgeShadowNetworkPolicy(local, pair.remote, deps.scope, viewOf(deps));
}

function viewOf(deps: ReflectionDeps): PolicyView {
  const { pods, namespaces } = deps.homeView.open();
  const twins = deps.twins();
  return {
    foreignPods: (namespace, selector) =>
      pods.store
        .list(namespace)
        .filter((pod) => isElsewhere(pod, deps) && selects(selector ?? {}, pod.metadata?.labels))
        .map((pod) => ({
          address: translateAddress(pod.status?.podIP ?? "", deps),
          isRelayed: isAtProvider(pod, deps),
          ports: portsOf(pod),
        })),
    namespaces: (selector) =>
      namespaces.store
        .list()
        .filter(({ metadata }) => selects(selector, metadata?.labels))
        .map(({ metadata }) => metadata?.name ?? ""),
    twinOf: (namespace) => twins.get(namespace),
    native: deps.settings.remotePodCidrs,
  };
}

function isElsewhere({ spec: own, status, ...pod }: Pod, deps: ReflectionDeps): boolean {
  const hasAddress =
    (status?.podIP ?? "") !== "" && own?.hostNetwork !== true && !isTerminal({ ...pod, status: status ?? {} });
  return hasAddress && !isNative(own?.nodeName ?? "", deps);
}

function isAtProvider({ spec: own }: Pod, { localNodes }: ReflectionDeps): boolean {
  const node = localNodes.store.get({ name: own?.nodeName ?? "" });
  return node !== undefined && isVirtualNode(node);
}

function portsOf({ spec: own }: Pod): { name: string; protocol: string; port: number }[] {
  return (own?.containers ?? [])
    .flatMap(({ ports }) => ports ?? [])
    .flatMap(({ name, protocol = "TCP", containerPort }) =>
      name === undefined ? [] : [{ name, protocol, port: containerPort }],
    );
}

/** Pods and namespaces, from the first policy on. */
function watchHome(deps: ReflectionDeps, pair: NamespacePair, locals: Informer<NetworkPolicy>): Watch {
  return {
    start(enqueue) {
      const stops: (() => void)[] = [];
      let isOpen = false;
      const open = (): void => {
        if (isOpen) return;
        isOpen = true;
        const { pods, namespaces } = deps.homeView.open();
        const all = () => locals.store.list().map(keyOf);
        const ofPod = (pod: Pod) =>
          naming(locals, pod.metadata?.namespace === pair.local ? isOfPods : isOfOtherNamespaces);
        stops.push(watchGathered(deps, pods, ofPod, isSame).start(enqueue).stop);
        stops.push(
          watchGathered(deps, namespaces, () => naming(locals, isOfOtherNamespaces), hasSameLabels).start(enqueue).stop,
        );
        void Promise.all([pods.synced, namespaces.synced]).then(() => all().forEach(enqueue));
      };
      stops.push(locals.addHandler({ added: open }));
      if (locals.store.list().length > 0) open();
      return {
        stop: () => {
          for (const stop of stops) stop();
        },
        synced: Promise.resolve(),
      };
    },
  };
}

function hasSameLabels(object: KubeObject, before: KubeObject): boolean {
  return isDeepStrictEqual(object.metadata?.labels, before.metadata?.labels);
}

/** Whether a policy says the same of both. */
function isSame(pod: Pod, before: Pod): boolean {
  const essence = ({ metadata, spec: own, status }: Pod): unknown[] => [metadata?.labels, own, status];
  return isDeepStrictEqual(essence(pod), essence(before));
}

/** Keys of what changed within a while, once each. */
function watchGathered<T extends KubeObject>(
  deps: ReflectionDeps,
  informer: Informer<T>,
  keys: (object: T) => ReturnType<typeof naming>,
  isUnchanged: (object: T, before: T) => boolean = () => false,
): Watch {
  return {
    start(enqueue) {
      const changed: T[] = [];
      let cancel: (() => void) | undefined;
      const tell = (object: T): void => {
        changed.push(object);
        cancel ??= deps.clock.after(GATHER_MS, () => {
          cancel = undefined;
          for (const each of changed.splice(0)) keys(each).forEach(enqueue);
        });
      };
      const stop = informer.addHandler({
        added: tell,
        updated: (object, before) => {
          if (!isUnchanged(object, before)) tell(object);
        },
        deleted: tell,
      });
      return {
        stop: () => {
          stop();
          cancel?.();
        },
        synced: informer.synced,
      };
    },
  };
}

function naming(locals: Informer<NetworkPolicy>, names: (peer: NetworkPolicyPeer) => boolean) {
  return locals.store
    .list()
    .filter(({ spec: own }) =>
      [
        ...(own?.ingress ?? []).flatMap(({ from }) => from ?? []),
        ...(own?.egress ?? []).flatMap(({ to }) => to ?? []),
      ].some(names),
    )
    .map(keyOf);
}

function isOfPods({ ipBlock }: NetworkPolicyPeer): boolean {
  return ipBlock === undefined;
}

function isOfOtherNamespaces({ namespaceSelector }: NetworkPolicyPeer): boolean {
  return namespaceSelector !== undefined;
}

export const networkPolicyReflector = reflectorOf(spec);
