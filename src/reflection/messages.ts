/** Reasons and messages of the events on local objects, word for word. Upstream: pkg/virtualKubelet/forge/events.go */
export const SUCCESSFUL_REFLECTION = "SuccessfulReflection";
export const FAILED_REFLECTION = "FailedReflection";
/** Not in upstream, which then reflects nothing of the object. */
export const PARTIAL_REFLECTION = "PartialReflection";
/** As of a ReplicaSet whose pods are refused. */
export const FAILED_CREATE = "FailedCreate";
export const FAILED_DELETION = "FailedDeletion";
export const REFLECTION_DISABLED = "ReflectionDisabled";
export const SUCCESSFUL_TOKENS = "SuccessfulSATokensReflection";
export const FAILED_TOKENS = "FailedSATokensReflection";

export const reflected = (cluster: string): string => `Successfully reflected object to cluster "${cluster}"`;

export const partlyReflected = (cluster: string, omitted: string): string =>
  `Reflected object to cluster "${cluster}" ${omitted}`;

export const statusReflected = (cluster: string): string =>
  `Successfully reflected object status back from cluster "${cluster}"`;

export const failed = (cluster: string, error: string): string =>
  `Error reflecting object to cluster "${cluster}": ${error}`;

export const statusFailed = (cluster: string, error: string): string =>
  `Error reflecting object status back from cluster "${cluster}": ${error}`;

export const deletionFailed = (error: string): string => `Error deleting local object: ${error}`;

export const objectDisabled = (cluster: string, policy: string): string =>
  `Reflection to cluster "${cluster}" disabled for the current object (policy: "${policy}")`;

export const tokensDisabled = (cluster: string): string =>
  `Reflection to cluster "${cluster}" disabled for secrets holding service account tokens`;
