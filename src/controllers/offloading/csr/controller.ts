/**
 * Approves the serving certificates of virtual kubelets: each its own node's and no other. What anybody else asks for is
 * left to others. Writes CertificateSigningRequests. Upstream: pkg/csr (approver of kubelet-serving requests)
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { servingRequestProblem } from "./problem.ts";

const REQUESTER = /^system:serviceaccount:([^:]+):([^:]+)$/;
const SERVING = { fieldSelector: "spec.signerName=kubernetes.io/kubelet-serving" };

interface Work {
  readonly deps: Deps;
  readonly requests: Informer<CertificateSigningRequest>;
  readonly nodes: Informer<VirtualNode>;
  readonly pods: Informer<Pod>;
  readonly tenants: TenantNamespaces;
}

export function csrApprovalController(deps: Deps): Controller {
  const work: Work = {
    deps,
    requests: deps.informers.for(certificateSigningRequests, SERVING),
    nodes: deps.informers.for(virtualNodes),
    pods: podsInBrief(deps),
    tenants: new TenantNamespaces(deps.informers),
  };
  const pendingOf = (namespace: string | undefined): ObjectKey[] =>
    work.requests.store
      .list()
      .filter((csr) => !isDecided(csr) && requesterOf(csr)?.namespace === namespace)
      .map(keyOf);
  return {
    name: "csr-approval",
    watches: [
      watchFor(work.requests),
      // The request may be seen before the account's VirtualNode, its pod's address or the namespace's labels.
      watchMapped(work.nodes, ({ metadata }) => pendingOf(metadata?.namespace)),
      watchMapped(work.pods, (pod) => (virtualNodeOf(pod) === undefined ? [] : pendingOf(pod.metadata?.namespace))),
      work.tenants.watch(pendingOf),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps } = work;
  const csr = work.requests.store.get(key);
  const requester = csr === undefined ? undefined : requesterOf(csr);
  if (csr === undefined || requester === undefined || isDecided(csr)) return DONE;
  const node = work.nodes.store.get(requester);
  const peer = work.tenants.peerOf(requester.namespace);
  // The account of a virtual kubelet is called like its VirtualNode.
  if (node === undefined || peer === undefined || node.spec?.clusterID !== peer) return DONE;
  const own = work.pods.store.list(requester.namespace).filter((pod) => virtualNodeOf(pod) === requester.name);
  const problem = await servingRequestProblem(csr, { nodeName: requester.name, addresses: addressesOf(own) });
  if (problem !== undefined) {
    ctx.log.info("serving certificate not approved", { request: key.name, problem });
    return DONE;
  }
  const approval = approvalAt(timestamp(deps.clock.epochMs()));
  const approved = { ...csr, status: { ...csr.status, conditions: [approval] } };
  await deps.client.update(ctx, certificateSigningRequests, approved, { subresource: "approval" });
  return DONE;
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
