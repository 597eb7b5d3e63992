/**
 * WireGuard keys of a gateway: raw 32-byte X25519 keys in a Secret. A Secret that somebody deletes comes back with the same
 * keys: the other cluster knows the public one. Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard/utils.go
 */
import { generateKeyPairSync } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { forgeGatewayKeys } from "#forge/networking/wggateway.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets } from "#machinery/builtin.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";

export class GatewayKeys {
  readonly #deps: Deps;
  readonly #informer: Informer<Secret>;
  /** As last seen or written, by name of the gateway; kept when the Secret is deleted. */
  readonly #known = new Map<string, Secret>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#informer = deps.informers.for(secrets, { labelSelector: `${labels.GATEWAY_RESOURCE}=true` });
    const remember = (secret: Secret): void => this.#remember(secret);
    this.#informer.addHandler({ added: remember, updated: remember });
  }

  /** The gateways whose Secret has changed. */
  get watch(): Watch {
    return watchMapped(this.#informer, ownersOf);
  }

  /** Name of the Secret with the keys; made when none was given. */
  async ensure(ctx: Context, gateway: KubeObject, given: string | undefined): Promise<string> {
    if (given !== undefined && given !== "") return given;
    const wanted = forgeGatewayKeys(gateway);
    if ((await this.#deps.client.find(ctx, secrets, keyOf(wanted))) === undefined) {
      const known = this.#known.get(formatKey(keyOf(gateway)));
      const data = isOf(known, gateway) ? known?.data : undefined;
      const secret = { ...wanted, data: { ...(data ?? rawKeyPair()) } };
      this.#remember(secret);
      await this.#deps.client.createIfAbsent(ctx, secrets, secret);
    }
    return wanted.metadata?.name ?? "";
  }

  /** The gateway is gone, and its keys with it. */
  forget(gateway: ObjectKey): void {
    this.#known.delete(formatKey(gateway));
  }

  #remember(secret: Secret): void {
    for (const key of ownersOf(secret)) this.#known.set(formatKey(key), secret);
  }
}

function ownersOf({ metadata }: Secret): ObjectKey[] {
  return (metadata?.ownerReferences ?? []).map(({ name }) => ({ namespace: metadata?.namespace ?? "", name }));
}

function isOf(secret: Secret | undefined, gateway: KubeObject): boolean {
  return (secret?.metadata?.ownerReferences ?? []).some(({ uid }) => uid === gateway.metadata?.uid);
}

function rawKeyPair(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync("x25519");
  const { d = "", x = "" } = privateKey.export({ format: "jwk" });
  const raw = (text: string): string => Buffer.from(text, "base64url").toString("base64");
  return { privateKey: raw(d), publicKey: raw(x) };
}
