/** What two clusters know of each other: namespace, Tenant, Identity, certificate, API server, ResourceSlices. Pure. */

import * as annotations from "#api/annotations.ts";
import type { Identity } from "#api/authentication/identity.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import { isReplica } from "#api/predicates.ts";
import { findCondition } from "#machinery/conditions.ts";
import { apiServerStatus, IDENTITY_REFUSED } from "#trust/reach.ts";
import { certificatesOf } from "../commands/info/certificates.ts";
import { broken, type Chain, ok, unknown } from "./link.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, REMOTE_HINT, unseen, visible } from "./seen.ts";

export function* tenantNamespaceLink({ id, tenantNamespaces }: PeerFacts): Chain {
  if (isHidden(tenantNamespaces)) return yield unseen("namespace", "the tenant namespace", tenantNamespaces);
  const [found] = tenantNamespaces;
  if (found === undefined)
    return yield broken(
      "namespace",
      `there is no tenant namespace for ${id}, so that nothing that is labelled for it counts`,
      "liqoctl peer, which makes it",
    );
  const { name, deletionTimestamp } = found.metadata ?? {};
  if (deletionTimestamp !== undefined)
    return yield broken(
      "namespace",
      `the tenant namespace ${name} is being deleted`,
      `liqoctl unpeer, then peer again`,
    );
  yield ok("namespace", `${name} is for ${id}`);
}

/** As a provider: the consumer that may use this cluster. */
export function* tenantLink({ id, tenants }: PeerFacts): Chain {
  if (isHidden(tenants)) return yield unseen("Tenant", "the Tenant", tenants);
  const [tenant] = tenants;
  if (tenant === undefined) return;
  const { authzPolicy = "KeysExchange", tenantCondition = "Active" } = tenant.spec ?? {};
  const { tenantNamespace = "", authParams } = tenant.status ?? {};
  if (tenantCondition !== "Active")
    return yield broken(
      "Tenant",
      `${id} is ${tenantCondition.toLowerCase()} here: it is given no ${tenantCondition === "Drained" ? "" : "more "}resources`,
      `liqoctl ${tenantCondition === "Drained" ? "activate" : "uncordon"} tenant ${tenant.metadata?.name}`,
    );
  const isSigned = authParams !== undefined || authzPolicy === "TolerateNoHandshake";
  if (tenantNamespace === "" || !isSigned)
    return yield broken(
      "Tenant",
      `the Tenant of ${id} is not configured: its certificate is not signed`,
      `its nonce may be old: liqoctl authenticate again; kubectl describe tenant ${tenant.metadata?.name} -n ${tenant.metadata?.namespace}`,
    );
  yield ok("Tenant", `${id} may ask for resources of this cluster`);
}

export function controlPlaneIdentity({ identities }: PeerFacts): Identity | undefined {
  return visible(identities)?.find(({ spec }) => spec?.type === "ControlPlane");
}

/** As a consumer: who this cluster is at the provider. */
export function* identityLinks(facts: PeerFacts): Chain {
  if (isHidden(facts.identities)) return yield unseen("Identity", "the Identity", facts.identities);
  const identity = controlPlaneIdentity(facts);
  if (identity === undefined) return;
  yield* identityChain(facts, identity);
  yield* apiServerLink(facts);
}

export function* identityChain({ id, secrets, nowMs }: PeerFacts, identity: Identity): Chain {
  const { name = "", namespace = "" } = identity.metadata ?? {};
  const secret = identity.status?.kubeconfigSecretRef?.name ?? "";
  const again = `liqoctl authenticate --remote-context <${id}>`;
  if (secret === "")
    return yield broken(
      "Identity",
      `Identity ${name} has no kubeconfig: ${identity.spec?.authParams?.signedCRT === undefined ? "no certificate was signed" : "it was not made of its certificate"}`,
      `kubectl describe identity ${name} -n ${namespace}; ${again}`,
    );
  if (!isHidden(secrets) && !secrets.some(({ metadata }) => metadata?.name === secret))
    return yield broken(
      "Identity",
      `the kubeconfig of Identity ${name}, Secret ${namespace}/${secret}, is gone`,
      again,
    );
  const [certificate] = certificatesOf({ identities: [identity], tenants: [], slices: [] });
  if (certificate !== undefined && Date.parse(certificate.ends) <= nowMs)
    return yield broken(
      "certificate",
      `the certificate of Identity ${name} has ended, ${certificate.ends}`,
      `liqo-controller-manager renews it in time, unless ${id} does not answer; ${again}`,
    );
  yield ok("Identity", `${name}${certificate === undefined ? "" : `, until ${certificate.ends}`}`);
}

function* apiServerLink({ id, peer }: PeerFacts): Chain {
  if (isHidden(peer)) return yield unseen("API server", "the ForeignCluster", peer);
  const url = peer?.status?.apiServerUrl ?? "";
  const refused = peer?.status?.modules?.authentication.conditions?.find(({ reason }) => reason === IDENTITY_REFUSED);
  if (refused !== undefined)
    return yield broken(
      "API server",
      `${id} answers, and does not let this cluster in: its Tenant or tenant namespace is gone there`,
      "liqoctl unpeer and peer again, or ask its administrator for the Tenant",
    );
  const status = apiServerStatus(peer);
  if (status === "Error")
    return yield broken("API server", `the API server of ${id}, ${url}, does not answer`, `curl -k ${url}/readyz`);
  if (status === undefined) return yield unknown("API server", `nobody has asked ${id} yet`, "wait some seconds");
  yield ok("API server", `${url} answers`);
}

/** From the wish for resources to what the provider has granted. */
export function* sliceLinks(facts: PeerFacts, slice: ResourceSlice): Chain {
  const { id } = facts;
  const { name = "", namespace = "" } = slice.metadata ?? {};
  const describe = `kubectl describe resourceslice ${name} -n ${namespace}`;
  const answer = (type: "Authentication" | "Resources") => findCondition(slice.status?.conditions, type);
  for (const type of ["Authentication", "Resources"] as const) {
    const said = answer(type);
    if (said?.status === "Denied")
      return yield broken(
        "ResourceSlice",
        `${id} denies ${name}: ${said.message ?? said.reason ?? type}`,
        denial(id, said.message),
      );
  }
  if (answer("Authentication") === undefined || answer("Resources") === undefined)
    return yield broken("ResourceSlice", `${id} has not answered ${name}${notAnswered(facts, slice)}`, describe);
  yield* quotaLink(facts, slice);
  yield ok("ResourceSlice", `${id} grants ${name} ${amounts(slice.status?.resources)}`);
}

function denial(id: string, message = ""): string {
  return message.includes("cordoned") || message.includes("drained")
    ? "its administrator ends that: liqoctl uncordon tenant, or: liqoctl activate tenant"
    : `ask the administrator of ${id}, or for another class or amount: liqoctl create resourceslice`;
}

function notAnswered({ id, remote }: PeerFacts, { metadata, spec }: ResourceSlice): string {
  const there = isHidden(remote) ? undefined : visible(remote.slices);
  if (there !== undefined && !there.some((one) => one.metadata?.name === metadata?.name))
    return `: the slice has not come to ${id}`;
  const own = spec?.class ?? "default";
  return own === "default" ? "" : `: nobody there provides the class ${own}`;
}

/** Only an administrator of the provider may read it. */
function* quotaLink({ id, remote }: PeerFacts, { metadata }: ResourceSlice): Chain {
  if (isHidden(remote)) return yield unseen("Quota", id, remote, REMOTE_HINT);
  const { slices, quotas } = remote;
  const replica = visible(slices)?.find((one) => one.metadata?.name === metadata?.name);
  const isCordoned = replica?.metadata?.annotations?.[annotations.CORDON] !== undefined;
  const cordon = `its administrator ends that: liqoctl uncordon resourceslice ${metadata?.name}`;
  if (isCordoned && isReplica(replica ?? {}))
    return yield broken("Quota", `${id} has cordoned ${metadata?.name}: it takes no more pods of it`, cordon);
  if (isHidden(quotas)) return yield unseen("Quota", `the Quota at ${id}`, quotas, REMOTE_HINT);
  const quota = quotas.find((one) => one.metadata?.name?.startsWith(`${metadata?.name}-`));
  if (quota === undefined)
    return yield broken(
      "Quota",
      `${id} has no Quota for ${metadata?.name}, and refuses its pods`,
      "see its liqo-controller-manager",
    );
  if (quota.spec?.cordoned === true)
    return yield broken("Quota", `${id} has cordoned ${metadata?.name}: it takes no more pods of it`, cordon);
  yield ok("Quota", `${amounts(quota.spec?.resources)}, ${quota.spec?.limitsEnforcement ?? "None"}`);
}

function amounts(resources: Readonly<Record<string, string | number>> = {}): string {
  return Object.entries(resources)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(", ");
}
