/** A way to get a WireGuard interface. Upstream: pkg/gateway/tunnel/wireguard/netlink.go */
import type { Context } from "#base/context.ts";
import type { Tools } from "../system/tools.ts";

export interface WireguardDriver extends AsyncDisposable {
  /** `kernel` or `userspace`: upstream's words. */
  readonly implementation: "kernel" | "userspace";
  /** With the program's name and version, for people. */
  readonly description: string;
  /** Creates the interface if it is not there; resolves to whether it had to. */
  ensureLink(ctx: Context): Promise<boolean>;
}

export type Implementation = WireguardDriver["implementation"] | "auto";

export interface DriverOptions {
  readonly link: string;
  readonly implementation: Implementation;
  /** Called when the interface went away behind our back. */
  lost(): void;
}

export async function hasLink(ctx: Context, tools: Tools, link: string): Promise<boolean> {
  return tools.run(ctx, ["ip", "link", "show", "dev", link]).then(
    () => true,
    () => false,
  );
}
