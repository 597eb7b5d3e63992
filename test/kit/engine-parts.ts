/** Controllers and scheduler of the embedded engine on an API server of their own, for their unit tests. */

import { mustParseCidr } from "#base/cidr.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, type ObjectKey } from "#machinery/meta.ts";
import { createCa } from "#pki/certificate.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { TokenSigner } from "#pki/service-account-token.ts";
import { createTokenAuthenticator } from "#playground/apiserver/authn/authenticator.ts";
import { createRbacAuthorizer } from "#playground/apiserver/authz/rbac.ts";
import type { Authorizer, RequestAttributes, UserInfo } from "#playground/apiserver/request.ts";
import { connectors, virtualResources } from "#playground/apiserver/subresources/connectors.ts";
import type { ControllerFactory, Deps, Settings } from "#playground/controllers/deps.ts";
import { startTestApiServer } from "#playground/testing.ts";

// Ends a test that waits for what never comes; no test passes or fails by how soon something comes.
const DEADLINE_MS = 60_000;

export interface EngineParts extends AsyncDisposable {
  readonly ctx: Context;
  /** An administrator's. */
  readonly client: KubeClient;
  readonly deps: Deps;
  /** Runs them until the end. */
  run(...factories: readonly ControllerFactory[]): void;
  /** Runs anything else until the end of its context. */
  runUntilEnd(running: Promise<void>): void;
  /** The object once it satisfies `accepts` (default: is there). */
  seen<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, accepts?: (object: T) => boolean): Promise<T>;
  /** All objects of the resource once they satisfy `accepts`. */
  seenAll<T extends KubeObject>(resource: Resource<T>, accepts: (objects: readonly T[]) => boolean): Promise<T[]>;
  gone<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): Promise<void>;
  /** The message of the first event of this reason. */
  told(reason: string): Promise<string>;
}

export interface EnginePartsOptions {
  /** The clock of the controllers. Default: that of the machine. */
  readonly nowMs?: () => number;
  readonly settings?: Partial<Settings>;
  /** Requests that the API server forbids; asked each time. */
  readonly forbids?: (attributes: RequestAttributes) => boolean;
  /** Whose tokens the API server knows, for those who ask it. */
  readonly tokens?: Readonly<Record<string, UserInfo>>;
}

/** The namespaces default, off and kube-node-lease exist; nothing runs yet. */
export async function startEngineParts({
  nowMs = Date.now,
  settings,
  forbids = () => false,
  tokens = {},
}: EnginePartsOptions = {}): Promise<EngineParts> {
  await using opened = new AsyncDisposableStack();
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const signer = new TokenSigner(generateKeyPair().privateKey);
  const api = opened.use(
    await startTestApiServer({
      namespaces: ["default", "off", "kube-node-lease"],
      parts: (services) => {
        const authorizer: Authorizer = { authorize: (attributes) => ({ allowed: !forbids(attributes), reason: "" }) };
        const { reader } = services;
        return {
          authorizer,
          connectors: connectors({ services, signer, kubelet: {} }),
          virtual: virtualResources({
            services,
            authorizer,
            rbac: createRbacAuthorizer(reader, ctx.signal),
            tokens: createTokenAuthenticator({ reader, signer, staticTokens: tokens }),
          }),
        };
      },
    }),
  );
  const client = opened.use(new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test"));
  const informers = opened.use(new Informers(ctx, client));
  // The test's own view: what controllers keep of objects is their affair.
  const view = opened.use(new Informers(ctx, client));
  const running: Promise<void>[] = [];
  opened.defer(async () => {
    cancel();
    await Promise.all(running);
  });
  const ca = await createCa("cluster-ca");
  const deps: Deps = {
    client,
    informers,
    events: new EventRecorder(client, { component: "test" }),
    nowMs,
    settings: {
      caCert: ca.certificate,
      caKey: ca.privateKey,
      volumes: `${api.directory}/volumes`,
      podCidr: mustParseCidr("10.200.0.0/16"),
      nodeCidrPrefix: 24,
      nodeMonitorGraceMs: 40_000,
      ...settings,
    },
  };
  const rest = opened.move();
  return {
    ctx,
    client,
    deps,
    run: (...factories) => running.push(...factories.map((factory) => runController(ctx, factory(deps)))),
    runUntilEnd: (promise) => running.push(promise),
    seen: async (resource, key, accepts = () => true) => {
      const [found] = await until(view.for(resource), key, ([object]) => object !== undefined && accepts(object));
      if (found === undefined) throw new TypeError("what is accepted is there");
      return found;
    },
    seenAll: (resource, accepts) => until(view.for(resource), undefined, accepts),
    gone: async (resource, key) => {
      await until(view.for(resource), key, ([object]) => object === undefined);
    },
    told: async (reason) => {
      const events = await until(view.for(coreEvents), undefined, (all) =>
        all.some((event) => event.reason === reason),
      );
      return events.find((event) => event.reason === reason)?.message ?? "";
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** The objects of the informer, or the one of `key`, when they first satisfy `accepts`. */
async function until<T extends KubeObject>(
  informer: Informer<T>,
  key: ObjectKey | undefined,
  accepts: (objects: readonly T[]) => boolean,
): Promise<T[]> {
  await informer.synced;
  const look = (): T[] => {
    if (key === undefined) return informer.store.list();
    const object = informer.store.get(key);
    return object === undefined ? [] : [object];
  };
  const { promise, resolve, reject } = Promise.withResolvers<T[]>();
  const check = (): void => {
    if (accepts(look())) resolve(look());
  };
  const stop = informer.addHandler({ added: check, updated: check, deleted: check });
  const timer = setTimeout(() => {
    const what = key === undefined ? "" : ` ${formatKey(key)}`;
    reject(new Error(`${informer.resource.plural}${what}: last seen ${JSON.stringify(look())}`));
  }, DEADLINE_MS);
  check();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    stop();
  }
}
