/** `liqoctl authenticate`: an identity at a provider. Upstream: pkg/liqoctl/authenticate */
import { identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { secrets } from "#machinery/builtin.ts";
import { command } from "../../command/command.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { authenticate } from "../../peering/authentication/authenticate.ts";
import { proxyFlags, requireProxyUrl } from "../../peering/authentication/proxy.ts";
import { joinSides } from "../../peering/sides.ts";
import { planOf } from "../../plan/model.ts";
import { planPeer } from "../peer/plan.ts";

const AUTHENTICATION_ALONE = {
  network: undefined,
  authenticates: true,
  createResourceSlice: false,
  createVirtualNode: false,
} as const;

export const authenticateCommand = command({
  path: ["authenticate"],
  aliases: ["auth"],
  summary: "Have a remote cluster (the provider) let the local one (the consumer) in.",
  description:
    "The consumer proves its key by signing a nonce, and is given an Identity: with it, it may ask for resources by `liqoctl create resourceslice`. Repeatable.",
  examples: [
    "liqoctl authenticate --remote-kubeconfig rome.yaml",
    "liqoctl authenticate --context milan --remote-context rome --in-band",
  ],
  flags: { ...remoteFlags, timeout: timeoutFlag("2m"), ...proxyFlags },
  async plan(ctx, env, { flags }) {
    requireProxyUrl(flags.proxyUrl);
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    return planOf(env.commandLine, await planPeer(ctx, local, remote, AUTHENTICATION_ALONE));
  },
  async run(ctx, env, { flags }) {
    requireProxyUrl(flags.proxyUrl);
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    const [consumer, provider] = await env.printer.step("global", "Clusters identified", () =>
      joinSides(
        ctx,
        { cluster: local, creates: [secrets, identities] },
        { cluster: remote, creates: [tenants], challenges: true },
      ),
    );
    await authenticate(ctx, env.printer, consumer, provider, { ...flags, timeoutMs: flags.timeout });
  },
});
