/** An API server with the kinds that the network's agents read and write. */
import { connections } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { forgeCrd } from "#api/schema/crd.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informers } from "#kube/informer/informers.ts";
import { startTestApiServer } from "#playground/testing.ts";

/** Of all that agents read and write. */
export const CRDS = [
  ...[connections, publicKeys, routeConfigurations, firewallConfigurations],
  ...[geneveTunnels, internalFabrics, internalNodes, gatewayServers, gatewayClients],
].map((kind) => forgeCrd(kind, {}));

export interface NetworkApi extends AsyncDisposable {
  readonly client: KubeClient;
  /** Informers and what runs until it ends, or the server does. */
  open(): NetworkSession;
}

export interface NetworkSession extends AsyncDisposable {
  readonly ctx: Context;
  readonly informers: Informers;
  /** Ends with the session; to be disposed of before it, when it rejects the session does. */
  run(running: (ctx: Context) => Promise<void>): void;
}

export async function startNetworkApi(): Promise<NetworkApi> {
  const api = await startTestApiServer({ namespaces: ["default", "liqo-tenant-rome"], crds: CRDS });
  const client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  return {
    client,
    open: () => openSession(ctx, client),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

function openSession(outer: Context, client: KubeClient): NetworkSession {
  const { ctx, cancel } = withCancel(outer);
  const informers = new Informers(ctx, client);
  const running: Promise<void>[] = [];
  return {
    ctx,
    informers,
    run: (start) => void running.push(start(ctx)),
    async [Symbol.asyncDispose]() {
      cancel();
      await Promise.all(running);
      await informers[Symbol.asyncDispose]();
    },
  };
}
