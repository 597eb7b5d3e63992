/** What a user must be allowed to do for the next step. */
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import { namespaces, secrets } from "#machinery/builtin.ts";
import type { Need } from "../checks/rights.ts";

/** In either role. A tenant namespace of another name is made before by who peers as somebody less. */
export function peeringNeeds(peerId: string): readonly Need[] {
  const namespace = tenantNamespaceName(peerId);
  const made = [
    configurations,
    gatewayServers,
    gatewayClients,
    publicKeys,
    secrets,
    identities,
    tenants,
    resourceSlices,
  ];
  return [
    { verb: "create", resource: namespaces },
    ...made.map((resource) => ({ verb: "create", resource, namespace }) as const),
  ];
}
