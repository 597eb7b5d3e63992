/** The one list of subresources and virtual resources that this folder serves; server wiring calls both functions. */
import { systemClock } from "#base/clock.ts";
import type { TokenSigner } from "#pki/service-account-token.ts";
import type { ApiServices, Connector, VirtualResource } from "../connector.ts";
import { bindingConnector, bindingResource } from "./binding.ts";
import { evictionConnector } from "./eviction.ts";
import type { BackendTls } from "./kubelet-address.ts";
import { podStreamConnectors } from "./pod-streams.ts";
import { proxyConnectors } from "./proxies.ts";
import { type ReviewDeps, reviewResources } from "./reviews.ts";
import { tokenConnector } from "./token-request.ts";
import { approval, ephemeralContainers, finalize, resize } from "./views.ts";

export interface ConnectorDeps {
  readonly services: ApiServices;
  readonly signer: TokenSigner;
  /** The identity shown to kubelets (CN kube-apiserver-kubelet-client) and the authority of their certificates. */
  readonly kubelet: BackendTls;
  readonly now?: () => number;
}

export function connectors({ services, signer, kubelet, now = systemClock.epochMs }: ConnectorDeps): Connector[] {
  return [
    bindingConnector(services, now),
    evictionConnector(services, now),
    tokenConnector(services.reader, signer, now),
    approval,
    finalize,
    ephemeralContainers,
    resize,
    ...podStreamConnectors(services.reader, kubelet),
    ...proxyConnectors(services.reader, kubelet),
  ];
}

export interface VirtualResourceDeps extends ReviewDeps {
  readonly services: ApiServices;
  readonly now?: () => number;
}

export function virtualResources(deps: VirtualResourceDeps): VirtualResource[] {
  return [bindingResource(deps.services, deps.now ?? systemClock.epochMs), ...reviewResources(deps)];
}
