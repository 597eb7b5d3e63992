/** Pages and Services of end-to-end tests. */
import assert from "node:assert/strict";
import type { Service } from "kubernetes-types/core/v1";
import type { Clusters } from "./clusters.ts";
import { eventually } from "./eventually.ts";

/** The command of an nginx container whose page is its pod's name. */
export const PAGE_WITH_NAME = [
  "sh",
  "-c",
  "hostname > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'",
] as const;

/** The address of a Service of milan, once its load balancer has given one. */
export function loadBalancerAddress({ get }: Clusters, namespace: string, name: string): Promise<string> {
  return eventually(`an address of Service ${name}`, async () => {
    const { status } = await get<Service>("milan", "service", name, "-n", namespace);
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    assert.ok(ip);
    return ip;
  });
}
