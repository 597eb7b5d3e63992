/** hostPort of containers: ports of the node that lead to a pod, as the CNI portmap plugin makes them. */
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { RunProgram } from "../host.ts";

export interface HostPort {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly hostIp?: string;
  readonly hostPort: number;
  readonly ip: string;
  readonly port: number;
}

const TABLE = "ip playground-host-ports";
const DEADLINE_MS = 10_000;

/** Pods in the node's own network namespace have their ports there anyway. */
export function hostPortsOf(pod: Pod, ip: string): HostPort[] {
  if (pod.spec?.hostNetwork === true) return [];
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, containerPort, protocol = "TCP" }) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [
            {
              protocol: protocol.toLowerCase() as HostPort["protocol"],
              ...(hostIP !== undefined && hostIP !== "" && hostIP !== "0.0.0.0" && { hostIp: hostIP }),
              hostPort,
              ip,
              port: containerPort,
            },
          ],
    ),
  );
}

/** The whole table, replacing what was there. */
function hostPortRules(ports: readonly HostPort[]): string {
  const rules = ports.map(({ protocol, hostIp, hostPort, ip, port }) => {
    const where = hostIp === undefined ? "fib daddr type local" : `ip daddr ${hostIp}`;
    return `    ${where} ${protocol} dport ${hostPort} dnat to ${ip}:${port}`;
  });
  const hairpins = ports.map(({ ip }) => `    ip saddr ${ip} ip daddr ${ip} masquerade`);
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  chain prerouting {
    type nat hook prerouting priority dstnat + 5; policy accept;
${rules.join("\n")}
  }
  chain output {
    type nat hook output priority -95; policy accept;
${rules.join("\n")}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
${[...new Set(hairpins)].join("\n")}
  }
}
`;
}

export class HostPorts {
  readonly #run: RunProgram;
  readonly #byPod = new Map<string, readonly HostPort[]>();
  #applying: Promise<void> = Promise.resolve();

  constructor(run: RunProgram) {
    this.#run = run;
  }

  /** Resolves when the node answers on the pod's ports. */
  async set(ctx: Context, uid: string, ports: readonly HostPort[]): Promise<void> {
    if (ports.length === 0) return;
    this.#byPod.set(uid, ports);
    await this.#apply(ctx);
  }

  async delete(ctx: Context, uid: string): Promise<void> {
    if (this.#byPod.delete(uid)) await this.#apply(ctx);
  }

  /** One at a time, each with what is wanted when it runs: the last one is right. */
  #apply(ctx: Context): Promise<void> {
    this.#applying = this.#applying.then(async () => {
      const input = hostPortRules([...this.#byPod.values()].flat());
      await this.#run("nft", ["-f", "-"], { input, timeoutMs: DEADLINE_MS, signal: ctx.signal }).catch(
        (error: unknown) => ctx.log.warn("host ports not set", { error: messageOf(error) }),
      );
    });
    return this.#applying;
  }
}
