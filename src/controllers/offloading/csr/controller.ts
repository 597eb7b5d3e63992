/** Approves the serving certificates of virtual kubelets. Upstream: pkg/csr (approver of kubelet-serving requests) */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { type Controller, DONE, watchFor } from "#kube/controller/controller.ts";
import { certificateSigningRequests, serviceAccounts } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { Deps } from "../../deps.ts";

const REQUESTER = /^system:serviceaccount:(liqo-tenant-[^:]+):([^:]+)$/;

export function csrApprovalController(deps: Deps): Controller {
  const informer = deps.informers.for(certificateSigningRequests, {
    fieldSelector: "spec.signerName=kubernetes.io/kubelet-serving",
  });
  return {
    name: "csr-approval",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key) => {
      const csr = informer.store.get(key);
      const requester = csr === undefined ? null : REQUESTER.exec(csr.spec.username ?? "");
      if (csr === undefined || requester === null || isDecided(csr)) return DONE;
      const [, namespace = "", name = ""] = requester;
      // Only for a virtual kubelet: its account carries the name of its VirtualNode.
      if ((await deps.client.find(ctx, serviceAccounts, { namespace, name })) === undefined) return DONE;
      const now = timestamp(deps.nowMs());
      const approval = {
        type: "Approved",
        status: "True",
        reason: "LiqoApproval",
        message: "This CSR was approved by Liqo",
        lastUpdateTime: now,
        lastTransitionTime: now,
      };
      await deps.client.update(
        ctx,
        certificateSigningRequests,
        { ...csr, status: { ...csr.status, conditions: [approval] } },
        { subresource: "approval" },
      );
      return DONE;
    },
  };
}

function isDecided({ status }: CertificateSigningRequest): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === "Approved" || type === "Denied");
}
