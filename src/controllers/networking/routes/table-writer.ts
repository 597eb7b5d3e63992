/** Writes the tables of one controller, and tells it when somebody else has changed or deleted one of them. */
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import type { Watch } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";

type Table = KubeObject & { readonly spec?: unknown };

interface Kind<T extends Table> {
  readonly resource: Resource<T>;
  readonly informer: Informer<T>;
  /** By table: for which key of the controller it was written, and how. */
  readonly written: Map<string, { readonly owner: ObjectKey; readonly spec: string }>;
}

export class TableWriter {
  readonly #deps: Deps;
  readonly #firewalls: Kind<FirewallConfiguration>;
  readonly #routes: Kind<RouteConfiguration>;

  constructor(deps: Deps) {
    const kind = <T extends Table>(resource: Resource<T>): Kind<T> => ({
      resource,
      informer: deps.informers.for(resource),
      written: new Map(),
    });
    this.#deps = deps;
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
    this.#firewalls.written.delete(formatKey(keyOf(table)));
    await this.#deps.client.deleteIfPresent(ctx, firewallConfigurations, keyOf(table));
  }

  async #write<T extends Table>(ctx: Context, kind: Kind<T>, owner: ObjectKey, wanted: T): Promise<boolean> {
    const key = keyOf(wanted);
    const spec = canonical(wanted.spec);
    const found = kind.informer.store.get(key);
    kind.written.set(formatKey(key), { owner, spec });
    if (found !== undefined && canonical(found.spec) === spec) return false;
    await this.#deps.client.apply(ctx, kind.resource, wanted);
    return true;
  }
}

function watchWritten<T extends Table>({ informer, written }: Kind<T>): Watch {
  return {
    start(enqueue) {
      const look = (object: T, isGone: boolean): void => {
        const own = written.get(formatKey(keyOf(object)));
        if (own !== undefined && (isGone || canonical(object.spec) !== own.spec)) enqueue(own.owner);
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

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  // The server fills this default in.
  const entries = Object.entries(value).filter(
    ([key, item]) => item !== undefined && !(key === "counter" && item === true),
  );
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}:${canonical(item)}`).join(",")}}`;
}
