/**
 * Why an object does not come to a provider, or not to life there: the same words in events, in conditions and in what
 * `liqoctl why` says.
 */

/** The provider's API server will not have the pod that a ShadowPod asks for: a quota, a policy, a webhook. */
export const creationRefused = (cluster: string, refusal: string): string =>
  `Error creating the pod in cluster "${cluster}": ${refusal}`;

/** `namespace`: the twin. What was there before is nobody's to overwrite. */
export const nameTaken = (cluster: string, namespace: string): string =>
  `Error reflecting object to cluster "${cluster}": remote object already exists in namespace "${namespace}", and is not its copy`;

/** Of a pod on a virtual node. */
export const noTwin = (cluster: string, namespace: string): string =>
  `namespace "${namespace}" has no twin in cluster "${cluster}": it is not offloaded there`;

/** `name`: the twin's. */
export const twinRefused = (cluster: string, name: string): string =>
  `cluster ${cluster} does not make namespace "${name}"`;

/** What the provider's scheduler says, which is not the one at home. */
export const notPlaced = (cluster: string, told: string): string => `at ${cluster}: ${told}`;
