/** What all that is generated for another cluster has in common. Upstream: pkg/liqoctl/generate */

import { flag } from "../../command/flag.ts";
import { accessFlags, liqoNamespaceFlag, scopeFlags } from "../../command/flag-groups.ts";
import { remoteClusterIdFlag } from "../create/object.ts";

export const generateFlags = {
  ...accessFlags,
  ...liqoNamespaceFlag,
  output: flag.choice("format", "format", ["yaml", "json"], { short: "o", initial: "yaml" }),
};

/** For those that a peer is named for: its namespace here. */
export const generateForPeerFlags = { ...scopeFlags, ...generateFlags, remoteClusterId: remoteClusterIdFlag };

/** Where the object is to lie in the other cluster. */
export const remoteTenantNamespaceFlag = flag.string(
  "namespace in the other cluster (default: left to whoever applies it, by `kubectl apply -n`)",
  "name",
);
