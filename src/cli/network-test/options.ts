/** What is asked of `liqoctl test network`. Upstream: pkg/liqoctl/test/network/flags */
import type { NodeChoice } from "./targets.ts";

export interface TestOptions {
  /** From pod to pod alone. */
  readonly basic: boolean;
  /** From where liqoctl runs to NodePorts. */
  readonly npExt: boolean;
  readonly npNodes: NodeChoice;
  /** From pods to NodePorts. */
  readonly podNp: boolean;
  /** From where liqoctl runs to load balancers. */
  readonly lb: boolean;
  /** From pods to an external address by that which stands for it. */
  readonly ip: boolean;
  readonly external: ExternalAddress;
  readonly failFast: boolean;
  readonly verbose: boolean;
  readonly timeoutMs: number;
}

/** Outside of all clusters. */
export interface ExternalAddress {
  readonly address: string;
  /** Of both checks; default: 80 for HTTP, 443 for the other. */
  readonly port: number | undefined;
}
