/**
 * The admission chain, in Kubernetes' order. OwnerReferencesPermissionEnforcement, AlwaysPullImages and the like are off
 * by default there and absent here. Kubernetes: pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins)
 */

import { type Clock, systemClock } from "#base/clock.ts";
import type { RbacAuthorizer } from "../authz/rbac.ts";
import type { ApiServices } from "../connector.ts";
import type { AdmissionPlugin, Authorizer } from "../request.ts";
import {
  certificateApproval,
  certificateRequestIdentity,
  certificateSubjectRestriction,
} from "./certificate-request.ts";
import { defaultIngressClass, defaultStorageClass } from "./default-class.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { nodeTaint } from "./node-taint.ts";
import { podSecurity } from "./pod-security/plugin.ts";
import { priorityPlugin } from "./priority.ts";
import { rbacEscalation } from "./rbac-escalation.ts";
import { resourceQuotaPlugin } from "./resource-quota.ts";
import { runtimeClassPlugin } from "./runtime-class.ts";
import { serviceAccountPlugin } from "./service-account.ts";
import { storageProtection } from "./storage-protection.ts";
import { defaultTolerationSeconds } from "./toleration-seconds.ts";
import { webhookPlugins } from "./webhooks/webhooks.ts";

export interface AdmissionDeps {
  readonly services: ApiServices;
  readonly rbac: RbacAuthorizer;
  /** Asked about approving, escalating and binding. Default: `rbac`. */
  readonly authorizer?: Authorizer;
  /** Ends what the plugins keep: caches and connections to webhooks. Default: with the process. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export function admissionPlugins(deps: AdmissionDeps): AdmissionPlugin[] {
  const { services, rbac, authorizer = rbac, signal = new AbortController().signal, clock = systemClock } = deps;
  const { reader, writer } = services;
  const webhooks = webhookPlugins(reader, signal);
  return [
    namespaceLifecycle(reader),
    limitRanger(reader),
    serviceAccountPlugin(reader),
    nodeRestriction(reader),
    nodeTaint(),
    podSecurity(reader, clock),
    priorityPlugin(reader),
    defaultTolerationSeconds(),
    runtimeClassPlugin(reader),
    certificateRequestIdentity(),
    certificateApproval(authorizer),
    certificateSubjectRestriction(),
    defaultStorageClass(reader),
    storageProtection(),
    defaultIngressClass(reader),
    rbacEscalation(authorizer, rbac),
    webhooks.mutating,
    webhooks.validating,
    // Last, so that nothing is charged that another plugin refuses.
    resourceQuotaPlugin({ reader, writer, now: clock.epochMs }),
  ];
}
