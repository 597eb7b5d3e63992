/**
 * Addresses of this cluster that lie in none of its CIDRs: nodes and API servers. No peer's CIDR may cover them, nor an
 * endpoint lead to them. Used by the controllers of Networks and of ShadowEndpointSlices.
 */
import type { Node } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { API_SERVER_SLICES, ownAddresses } from "#ipam/own-addresses.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import { endpointSlices, nodes } from "#machinery/builtin.ts";
import type { Deps } from "./deps.ts";

export class OwnAddresses {
  /** So that a controller waits for both; nothing follows from a change. */
  readonly watches: readonly Watch[];
  readonly #nodes: () => readonly Node[];
  readonly #apiServers: () => readonly EndpointSlice[];
  readonly #settings: Pick<Deps["settings"], "apiServerAddressOverride">;

  constructor({ informers, settings }: Pick<Deps, "informers" | "settings">) {
    const nodeInformer = informers.for(nodes);
    const apiServerInformer = informers.for(endpointSlices, API_SERVER_SLICES);
    this.watches = [watchMapped(nodeInformer, () => []), watchMapped(apiServerInformer, () => [])];
    this.#nodes = () => nodeInformer.store.list();
    this.#apiServers = () => apiServerInformer.store.list();
    this.#settings = settings;
  }

  list(): string[] {
    return ownAddresses(this.#nodes(), this.#apiServers(), this.#settings.apiServerAddressOverride);
  }
}
