/** What liqo-proxy tells of its work; not in upstream. */
import type { Metrics } from "#base/metrics.ts";

export function proxyMetrics(metrics: Metrics, proxy: { readonly tunnels: number }): void {
  const tunnels = metrics.gauge("liqo_proxy_tunnels", "Tunnels that are open, or being dialled.").with({});
  metrics.beforeRender(() => tunnels.set(proxy.tunnels));
}
