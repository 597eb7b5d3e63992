/** When the certificates of a peering end: those that this cluster has been given, and those that it has given. Not upstream's. */
import { X509Certificate } from "node:crypto";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { unbase64 } from "#forge/authentication.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Cluster } from "../../cluster.ts";

export interface CertificateDetails {
  /** Of the Identity, the Tenant or the ResourceSlice. */
  readonly name: string;
  readonly type: "ControlPlane" | "ResourceSlice";
  readonly action: "Consuming" | "Providing";
  /** RFC 3339. */
  readonly begins: string;
  readonly ends: string;
}

export interface Certified {
  readonly identities: readonly Identity[];
  readonly tenants: readonly Tenant[];
  readonly slices: readonly ResourceSlice[];
}

/** Of all peers. */
export async function listCertified(ctx: Context, { client }: Cluster): Promise<Certified> {
  const [ofIdentities, ofTenants, ofSlices] = await Promise.all([
    client.list(ctx, identities),
    client.list(ctx, tenants),
    client.list(ctx, resourceSlices),
  ]);
  return { identities: ofIdentities.items, tenants: ofTenants.items, slices: ofSlices.items };
}

/** Those of one peer. */
export function certifiedOf(all: Certified, peerId: string): Certified {
  const isOfPeer = ({ metadata }: KubeObject): boolean => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === peerId;
  return {
    identities: all.identities.filter(isOfPeer),
    tenants: all.tenants.filter(isOfPeer),
    slices: all.slices.filter(isOfPeer),
  };
}

/** Of one peer; what has none yet is left out. */
export function certificatesOf(certified: Certified): CertificateDetails[] {
  return [
    ...certified.identities.map(({ metadata, spec }) =>
      detailsOf(metadata?.name, spec?.type ?? "ControlPlane", "Consuming", spec?.authParams?.signedCRT),
    ),
    ...certified.tenants.map(({ metadata, status }) =>
      detailsOf(metadata?.name, "ControlPlane", "Providing", status?.authParams?.signedCRT),
    ),
    ...certified.slices
      .filter(isReplica)
      .map(({ metadata, status }) =>
        detailsOf(metadata?.name, "ResourceSlice", "Providing", status?.authParams?.signedCRT),
      ),
  ].flatMap((details) => details ?? []);
}

/** That of the certificate that ends first. */
export function firstEnd(certificates: readonly CertificateDetails[]): string | undefined {
  return certificates.map(({ ends }) => ends).sort()[0];
}

const DAY_MS = 24 * 3_600_000;

/** `2027-11-29T15:00:00Z (in 364 days)` */
export function formatEnd(ends: string, nowMs: number): string {
  const leftMs = Date.parse(ends) - nowMs;
  if (leftMs <= 0) return `${ends} (ended)`;
  const days = Math.floor(leftMs / DAY_MS);
  if (days > 0) return `${ends} (in ${days} day${days === 1 ? "" : "s"})`;
  const minutes = Math.ceil(leftMs / 60_000);
  return `${ends} (in ${minutes} minute${minutes === 1 ? "" : "s"})`;
}

function detailsOf(
  name: string | undefined,
  type: CertificateDetails["type"],
  action: CertificateDetails["action"],
  certificate: string | undefined,
): CertificateDetails | undefined {
  if (certificate === undefined || certificate === "") return undefined;
  try {
    const { validFromDate, validToDate } = new X509Certificate(unbase64(certificate));
    const [begins, ends] = [validFromDate, validToDate].map((date) => timestamp(date.getTime()));
    return begins === undefined || ends === undefined ? undefined : { name: name ?? "", type, action, begins, ends };
  } catch {
    // Another cluster wrote it: it is told of elsewhere when it is used.
    return undefined;
  }
}
