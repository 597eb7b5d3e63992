/**
 * Writes the tables of one controller, RouteConfigurations and FirewallConfigurations, and tells it when somebody else has
 * changed or deleted one of them.
 */
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import { Applier } from "#kube/client/applier.ts";
import type { Watch } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { contains } from "#machinery/contains.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";

type Table = KubeObject & { readonly spec?: unknown };

interface Kind<T extends Table> {
  readonly resource: Resource<T>;
  readonly informer: Informer<T>;
  /** By table: for which key of the controller it was written, and how. */
  readonly written: Map<string, { readonly owner: ObjectKey; readonly spec: unknown }>;
}

export class TableWriter {
  readonly #deps: Deps;
  readonly #applier: Applier;
  readonly #firewalls: Kind<FirewallConfiguration>;
  readonly #routes: Kind<RouteConfiguration>;

  constructor(deps: Deps) {
    const kind = <T extends Table>(resource: Resource<T>): Kind<T> => ({
      resource,
      informer: deps.informers.for(resource),
      written: new Map(),
    });
    this.#deps = deps;
    this.#applier = new Applier(deps.client);
    this.#firewalls = kind(firewallConfigurations);
    this.#routes = kind(routeConfigurations);
  }

  /** The keys whose tables are not as they were written. */
  get watches(): Watch[] {
    return [watchWritten(this.#firewalls), watchWritten(this.#routes)];
  }

  /** `owner` is the key that is reconciled. Unchanged tables cost nothing. */
  async firewall(ctx: Context, owner: ObjectKey, wanted: FirewallConfiguration): Promise<void> {
    await this.#write(ctx, this.#firewalls, owner, wanted);
  }

  /** Whether a request was needed. */
  routes(ctx: Context, owner: ObjectKey, wanted: RouteConfiguration): Promise<boolean> {
    return this.#write(ctx, this.#routes, owner, wanted);
  }

  async deleteFirewall(ctx: Context, table: FirewallConfiguration): Promise<void> {
    const key = keyOf(table);
    this.#firewalls.written.delete(formatKey(key));
    this.#applier.forget(firewallConfigurations, key);
    await this.#deps.client.deleteIfPresent(ctx, firewallConfigurations, key);
  }

  async #write<T extends Table>(ctx: Context, kind: Kind<T>, owner: ObjectKey, wanted: T): Promise<boolean> {
    const key = keyOf(wanted);
    kind.written.set(formatKey(key), { owner, spec: wanted.spec });
    const cached = kind.informer.store.get(key);
    return (await this.#applier.applyIfChanged(ctx, kind.resource, { cached, wanted })) !== undefined;
  }
}

function watchWritten<T extends Table>({ informer, written }: Kind<T>): Watch {
  return {
    start(enqueue) {
      const look = (object: T, isGone: boolean): void => {
        const own = written.get(formatKey(keyOf(object)));
        if (own !== undefined && (isGone || !contains(object.spec, own.spec))) enqueue(own.owner);
      };
      const stop = informer.addHandler({
        added: (object) => look(object, false),
        updated: (object) => look(object, false),
        deleted: (object) => look(object, true),
      });
      return { stop, synced: informer.synced };
    },
  };
}
