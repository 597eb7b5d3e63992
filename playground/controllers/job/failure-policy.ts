/** What a Job's failure policy says of a failed pod. Kubernetes: pkg/controller/job/pod_failure_policy.go */
import type { PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement } from "kubernetes-types/batch/v1";
import type { ContainerStatus, Pod } from "kubernetes-types/core/v1";

export type FailureAction = "FailJob" | "FailIndex" | "Ignore" | "Count";

export interface Verdict {
  readonly action: FailureAction;
  /** Which rule it was; undefined when none fits. */
  readonly message?: string;
}

const COUNT: Verdict = { action: "Count" };

/** The first rule that fits counts. */
export function verdictOn(pod: Pod, policy: PodFailurePolicy | undefined): Verdict {
  const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const action = rule.action as FailureAction;
    const matching = `matching ${action} rule at index ${index}`;
    if (rule.onExitCodes !== undefined) {
      const found = exitOf(pod, rule.onExitCodes);
      if (found === undefined) continue;
      const { name: container, state } = found;
      const code = state?.terminated?.exitCode;
      return { action, message: `Container ${container} for pod ${name} failed with exit code ${code} ${matching}` };
    }
    const condition = pod.status?.conditions?.find(({ type, status }) =>
      (rule.onPodConditions ?? []).some((each) => each.type === type && (each.status ?? "True") === status),
    );
    if (condition !== undefined) return { action, message: `Pod ${name} has condition ${condition.type} ${matching}` };
  }
  return COUNT;
}

/** The container whose end is meant; 0 is no failure. */
function exitOf({ status }: Pod, rule: PodFailurePolicyOnExitCodesRequirement): ContainerStatus | undefined {
  const { containerName, operator, values } = rule;
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(code) === (operator === "In");
  });
}
