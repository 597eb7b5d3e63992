/** /healthz, /readyz and /metrics of a component, over plain HTTP. Kubernetes: controller-runtime/pkg/healthz */
import { createServer } from "node:http";
import { METRICS_MEDIA_TYPE, type Metrics } from "#base/metrics.ts";

export interface HealthOptions {
  /** undefined: nothing is served. */
  readonly port: number | undefined;
  /** Default: always. */
  readonly isReady?: () => boolean;
  /** Shown below /metrics. Default: no such path. */
  readonly metrics?: Pick<Metrics, "render"> | undefined;
}

export async function startHealthServer(options: HealthOptions): Promise<AsyncDisposable | undefined> {
  const { port } = options;
  if (port === undefined) return undefined;
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0];
    if (path === "/metrics" && options.metrics !== undefined) {
      response.writeHead(200, { "Content-Type": METRICS_MEDIA_TYPE }).end(options.metrics.render());
      return;
    }
    const isKnown = path === "/healthz" || path === "/livez" || path === "/readyz";
    const isOk = path !== "/readyz" || (options.isReady?.() ?? true);
    response.writeHead(isKnown ? (isOk ? 200 : 503) : 404).end(isKnown ? (isOk ? "ok" : "not ready") : "");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
