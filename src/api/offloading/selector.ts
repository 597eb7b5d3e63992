/** Node selectors and affinity inside Liqo's kinds. Kubernetes: core/v1 NodeSelector, NodeAffinity, Toleration, Taint */

import { dateTime } from "../schema/common.ts";
import { array, integer, object, required, string } from "../schema/dsl.ts";

const ATOMIC_LIST = { "x-kubernetes-list-type": "atomic" };
const ATOMIC_MAP = { "x-kubernetes-map-type": "atomic" };

const requirements = array(
  object({ key: required(string()), operator: required(string()), values: array(string(), ATOMIC_LIST) }),
  ATOMIC_LIST,
);
const term = object({ matchExpressions: requirements, matchFields: requirements }, ATOMIC_MAP);

export const nodeSelector = object({ nodeSelectorTerms: required(array(term, ATOMIC_LIST)) }, ATOMIC_MAP);

export const nodeAffinity = object({
  preferredDuringSchedulingIgnoredDuringExecution: array(
    object({ preference: required(term), weight: required(integer("int32")) }),
    ATOMIC_LIST,
  ),
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
});

export const toleration = object({
  effect: string(),
  key: string(),
  operator: string(),
  tolerationSeconds: integer("int64"),
  value: string(),
});

export const taint = object({
  effect: required(string()),
  key: required(string()),
  timeAdded: dateTime,
  value: string(),
});
