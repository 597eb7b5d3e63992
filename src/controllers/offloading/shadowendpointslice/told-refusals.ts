/** Tells of addresses that are not let pass, once as long as they are the same. Used by the ShadowEndpointSlice controller. */
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";

// What an event has room for.
const SHOWN = 10;

export class ToldRefusals {
  readonly #events: EventRecorder;
  readonly #told = new Map<string, string>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  tell(
    ctx: Context,
    shadow: ShadowEndpointSlice,
    { consumer, addresses: refused }: { readonly consumer: string | undefined; readonly addresses: readonly string[] },
  ): void {
    const key = formatKey(keyOf(shadow));
    const shown = refused.slice(0, SHOWN).map((address) => address.slice(0, 100));
    const more = refused.length > SHOWN ? ` and ${refused.length - SHOWN} more` : "";
    const message = `not addresses of cluster ${consumer ?? "<none>"}, left out: ${shown.join(", ")}${more}`;
    if (refused.length > 0 && this.#told.get(key) !== message)
      this.#events.warning(ctx, shadow, "AddressesRefused", message);
    if (refused.length === 0) this.#told.delete(key);
    else this.#told.set(key, message);
  }

  forget(key: ObjectKey): void {
    this.#told.delete(formatKey(key));
  }
}
