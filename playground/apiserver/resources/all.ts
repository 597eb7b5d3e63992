/** The one list of built-in kinds that are stored and served by the generic handlers. */
import type { AnyStrategy } from "../strategy.ts";
import * as webhooks from "./admissionregistration/webhook-configurations.ts";
import * as apps from "./apps/workloads.ts";
import { horizontalPodAutoscalerStrategy } from "./autoscaling/autoscaler.ts";
import * as batch from "./batch/jobs.ts";
import * as certificates from "./certificates/csr.ts";
import * as classes from "./classes/classes.ts";
import * as configuration from "./core/configuration.ts";
import { namespaceStrategy } from "./core/namespace.ts";
import { nodeStrategy } from "./core/node.ts";
import { podStrategy } from "./core/pod.ts";
import * as records from "./core/records.ts";
import { serviceStrategy } from "./core/service.ts";
import * as storage from "./core/storage.ts";
import { eventsEventStrategy } from "./events/event.ts";
import { networkPolicyStrategy } from "./networking/network-policy.ts";
import * as networking from "./networking/networking.ts";
import { podDisruptionBudgetStrategy } from "./policy/disruption-budget.ts";
import * as rbac from "./rbac/roles.ts";

export const builtinStrategies: readonly AnyStrategy[] = [
  namespaceStrategy,
  nodeStrategy,
  podStrategy,
  serviceStrategy,
  eventsEventStrategy,
  horizontalPodAutoscalerStrategy,
  podDisruptionBudgetStrategy,
  networkPolicyStrategy,
  ...[configuration, records, storage, apps, batch, certificates, networking, classes, rbac, webhooks].flatMap(
    (group): AnyStrategy[] => Object.values(group),
  ),
];
