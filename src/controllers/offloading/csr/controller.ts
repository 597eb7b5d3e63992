/**
 * Approves the serving certificates of virtual kubelets: each its own node's and no other. What anybody else asks for is
 * left to others. Upstream: pkg/csr (approver of kubelet-serving requests), which looks at the name of the account only
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { messageOf } from "#base/errors.ts";
import { type Controller, DONE, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { parseCsr } from "#pki/csr.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";

const REQUESTER = /^system:serviceaccount:([^:]+):([^:]+)$/;
const USAGES = ["digital signature", "key encipherment", "server auth"];

export function csrApprovalController(deps: Deps): Controller {
  const informer = deps.informers.for(certificateSigningRequests, {
    fieldSelector: "spec.signerName=kubernetes.io/kubelet-serving",
  });
  const nodes = deps.informers.for(virtualNodes);
  const podInformer = podsInBrief(deps);
  const tenants = new TenantNamespaces(deps.informers);
  const pendingOf = (namespace: string | undefined): ObjectKey[] =>
    informer.store
      .list()
      .filter((csr) => !isDecided(csr) && requesterOf(csr)?.namespace === namespace)
      .map(keyOf);
  return {
    name: "csr-approval",
    watches: [
      watchFor(informer),
      // The request may be seen before the account's VirtualNode, its pod's address or the namespace's labels.
      watchMapped(nodes, ({ metadata }) => pendingOf(metadata?.namespace)),
      watchMapped(podInformer, (pod) => (virtualNodeOf(pod) === undefined ? [] : pendingOf(pod.metadata?.namespace))),
      tenants.watch(pendingOf),
    ],
    reconcile: async (ctx, key) => {
      const csr = informer.store.get(key);
      const requester = csr === undefined ? undefined : requesterOf(csr);
      if (csr === undefined || requester === undefined || isDecided(csr)) return DONE;
      const node = nodes.store.get(requester);
      const peer = tenants.peerOf(requester.namespace);
      // The account of a virtual kubelet is called like its VirtualNode.
      if (node === undefined || peer === undefined || node.spec?.clusterID !== peer) return DONE;
      const own = podInformer.store.list(requester.namespace).filter((pod) => virtualNodeOf(pod) === requester.name);
      const problem = await servingRequestProblem(csr, { nodeName: requester.name, addresses: addressesOf(own) });
      if (problem !== undefined) {
        ctx.log.info("serving certificate not approved", { request: key.name, problem });
        return DONE;
      }
      const approval = approvalAt(timestamp(deps.nowMs()));
      const approved = { ...csr, status: { ...csr.status, conditions: [approval] } };
      await deps.client.update(ctx, certificateSigningRequests, approved, { subresource: "approval" });
      return DONE;
    },
  };
}

export interface ServingNode {
  readonly nodeName: string;
  /** Of the pods of its virtual kubelet. */
  readonly addresses: readonly string[];
}

/** Undefined when the request is for this virtual node, to serve under its own name and addresses, and nothing else. */
export async function servingRequestProblem(
  { spec }: CertificateSigningRequest,
  { nodeName, addresses }: ServingNode,
): Promise<string | undefined> {
  const usages = spec.usages ?? [];
  if (!usages.includes("server auth") || usages.some((usage) => !USAGES.includes(usage)))
    return `usages must be of ${USAGES.join(", ")}, found ${usages.join(", ")}`;
  try {
    const request = await parseCsr(Buffer.from(spec.request, "base64").toString("utf8"));
    if (!request.isFor({ commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] }))
      return `the subject must be O=system:nodes, CN=system:node:${nodeName}, found ${request.subjectText}`;
    if (!request.hasOnlyNames) return "alternative names, and they alone, must be asked for";
    const foreign = request.alternativeNames.find(
      ({ type, value }) => !(type === "ip" && addresses.includes(value)) && !(type === "dns" && value === nodeName),
    );
    return foreign === undefined ? undefined : `${foreign.type} ${foreign.value} is not the node's own`;
  } catch (error) {
    return messageOf(error);
  }
}

function requesterOf({ spec }: CertificateSigningRequest): { namespace: string; name: string } | undefined {
  const [, namespace, name] = REQUESTER.exec(spec.username ?? "") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function virtualNodeOf({ metadata }: Pod): string | undefined {
  return metadata?.labels?.[labels.VIRTUAL_NODE];
}

function addressesOf(own: readonly Pod[]): string[] {
  return own.flatMap(({ status }) => status?.podIP ?? []);
}

function isDecided({ status }: CertificateSigningRequest): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === "Approved" || type === "Denied");
}

function approvalAt(now: string): NonNullable<NonNullable<CertificateSigningRequest["status"]>["conditions"]>[number] {
  return {
    type: "Approved",
    status: "True",
    reason: "LiqoApproval",
    message: "This CSR was approved by Liqo",
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
}
