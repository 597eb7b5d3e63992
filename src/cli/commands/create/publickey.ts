/** `liqoctl create publickey`: the key of a peer's gateway. Upstream: pkg/liqoctl/rest/publickey */
import { publicKeys } from "#api/networking/publickey.ts";
import { forgePublicKey } from "#forge/networking/gateway.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { flag, InvalidValue } from "../../command/flag.ts";
import { openScope } from "../../command/flag-groups.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

// Of WireGuard: Curve25519.
const KEY_BYTES = 32;

export const createPublicKeyCommand = command({
  path: ["create", "publickey"],
  aliases: ["publickeys", "publickeies"],
  summary: "Give a gateway the public key of the one at the peer.",
  description: "`liqoctl generate publickey` at the peer prints the same with its key filled in. Repeatable.",
  examples: [
    "liqoctl create publickey rome --remote-cluster-id rome --public-key 3nE0ZbbQ1YqQpLZlYQ8y3oQVvW0jzfuSc9GvLwrBbW0=",
  ],
  args: { name: argument.one("name of the PublicKey, mostly that of the peer") },
  flags: { ...createFlags, publicKey: flag.requiredOf("its key", "base64", base64Key, "") },
  async run(ctx, env, { args, flags }) {
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    const object = forgePublicKey(scope.side.peerId, scope.side.namespace, args.name, flags.publicKey);
    const wanted = { resource: publicKeys, object, isSingle: true };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    await createObject(ctx, env.printer, scope, wanted);
  },
});

function base64Key(text: string): string {
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES || key.toString("base64") !== text)
    throw new InvalidValue(`must be base64 of ${KEY_BYTES} bytes, as \`liqoctl generate publickey\` prints it`);
  return text;
}
