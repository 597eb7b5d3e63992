/** The serving certificate: self-signed at first, then asked for from the cluster and renewed. Upstream: cmd/virtual-kubelet/root/http.go. Kubernetes: pkg/kubelet/certificate */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { createCa, type Identity, issueCertificate, parseCertificate } from "#pki/certificate.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import type { VirtualKubeletSettings } from "../settings.ts";

const SIGNER = "kubernetes.io/kubelet-serving";
/** How long an approval may take before a new request is made. Kubernetes: certificateWaitTimeout is 15 min. */
const WAIT_MS = 900_000;
const RETRY_MS = 10_000;
/** The share of a certificate's life after which it is renewed. Kubernetes: 70 to 90 %. */
const RENEW_AT = 0.8;
const MAX_SLEEP_MS = 24 * 3600 * 1000;

export interface CertificateDeps {
  readonly client: KubeClient;
  readonly settings: VirtualKubeletSettings;
  readonly clock: Clock;
}

function subjectOf({ nodeName }: VirtualKubeletSettings): { commonName: string; organizations: string[] } {
  return { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] };
}

/** Good enough for API servers, which do not verify kubelets by default. */
export async function selfSigned(settings: VirtualKubeletSettings): Promise<Identity> {
  const ca = await createCa(`${settings.nodeName}-self-signed`);
  return issueCertificate(ca, {
    subject: subjectOf(settings),
    alternativeNames: [settings.reflection.nodeIp],
    usages: ["server"],
  });
}

/** Tells of each certificate issued, until the context ends; never rejects. */
export async function keepCertificate(
  ctx: Context,
  deps: CertificateDeps,
  issued: (identity: Identity) => void,
): Promise<void> {
  while (!ctx.signal.aborted) {
    try {
      const identity = await requestCertificate(ctx, deps);
      if (identity === undefined) continue;
      issued(identity);
      const { notBefore, notAfter } = parseCertificate(identity.certificate);
      const dueMs = notBefore.getTime() + (notAfter.getTime() - notBefore.getTime()) * RENEW_AT;
      ctx.log.info("serving with the cluster's certificate", { until: notAfter.toISOString() });
      // setTimeout takes no more than 24 days.
      while (!ctx.signal.aborted && deps.clock.epochMs() < dueMs)
        await sleep(ctx, Math.min(MAX_SLEEP_MS, dueMs - deps.clock.epochMs()), deps.clock);
    } catch (error) {
      if (ctx.signal.aborted) return;
      ctx.log.warn("no serving certificate yet", { error: messageOf(error) });
      await sleep(ctx, RETRY_MS, deps.clock);
    }
  }
}

/** undefined: nobody answered the request in time. */
async function requestCertificate(ctx: Context, { client, settings }: CertificateDeps): Promise<Identity | undefined> {
  const { privateKey } = generateKeyPair();
  const request = await createCsr(privateKey, subjectOf(settings), [settings.reflection.nodeIp]);
  const created = await client.create(ctx, certificateSigningRequests, {
    metadata: { generateName: "csr-" },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: SIGNER,
      usages: ["digital signature", "key encipherment", "server auth"],
    },
  });
  const certificate = await waitForCertificate(withTimeout(ctx, WAIT_MS), client, created);
  if (certificate === undefined) return undefined;
  // The request has served its purpose, and this node may be gone before the cluster's cleaner comes by.
  await client.deleteIfPresent(ctx, certificateSigningRequests, { name: created.metadata?.name ?? "" });
  return { certificate, privateKey };
}

async function waitForCertificate(
  ctx: Context,
  client: KubeClient,
  created: CertificateSigningRequest,
): Promise<string | undefined> {
  const name = created.metadata?.name ?? "";
  const scope = { fieldSelector: `metadata.name=${name}` };
  while (!ctx.signal.aborted) {
    for await (const event of client.watch(ctx, certificateSigningRequests, scope)) {
      if (event.type === "BOOKMARK") continue;
      if (event.type === "DELETED") return undefined;
      const { certificate, conditions = [] } = event.object.status ?? {};
      const refusal = conditions.find(({ type }) => type === "Denied" || type === "Failed");
      if (refusal !== undefined)
        throw new Error(`CertificateSigningRequest ${name} is ${refusal.type}: ${refusal.message ?? ""}`);
      if (certificate !== undefined && certificate !== "") return Buffer.from(certificate, "base64").toString("utf8");
    }
  }
  return undefined;
}
