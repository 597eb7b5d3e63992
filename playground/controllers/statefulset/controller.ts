/** Ordered, named pods with claims of their own. Kubernetes: pkg/controller/statefulset */
import type { ControllerRevision, StatefulSet } from "kubernetes-types/apps/v1";
import type { Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "#machinery/builtin.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { podFromTemplate, shortHash } from "../pods.ts";
import { ensureRevision } from "../revisions.ts";
import { planStateful, REVISION, revisionOf, revisionOfPod, type StatefulStep } from "./plan.ts";
import { statefulStatus } from "./status.ts";

export function statefulSetController(deps: Deps): Controller {
  const sets = deps.informers.for(statefulSets);
  const podInformer = deps.informers.for(pods);
  const revisionInformer = deps.informers.for(controllerRevisions);
  return {
    name: "statefulset",
    workers: 2,
    watches: [watchFor(sets), watchOwned(podInformer, "StatefulSet"), watchOwned(revisionInformer, "StatefulSet")],
    reconcile: async (ctx, key): Promise<Result> => {
      const set = sets.store.get(key);
      if (set === undefined || set.metadata?.deletionTimestamp !== undefined) return DONE;
      const owned = podInformer.store.list(key.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata?.uid);
      // Also the revision that pods below the partition are made of, when none of them is there.
      const used = new Set([...owned.map(revisionOfPod), set.status?.currentRevision ?? ""]);
      await ensureRevision(ctx, deps, set, shortHash(set.spec?.template), used);
      const templates = templatesOf(set, revisionInformer.store.list(key.namespace));
      for (const step of planStateful(set, owned, templates.current.revision))
        await act(ctx, deps, set, step, templates);
      await report(ctx, deps, set, owned);
      return DONE;
    },
  };
}

interface Templates {
  readonly current: RevisedTemplate;
  readonly update: RevisedTemplate;
}

interface RevisedTemplate {
  readonly revision: string;
  readonly template: PodTemplateSpec;
}

/** What pods are made of: of the revision before, while one is rolled out, and of the newest. */
function templatesOf(set: StatefulSet, revisions: readonly ControllerRevision[]): Templates {
  const update = { revision: revisionOf(set), template: set.spec?.template ?? {} };
  const found = revisions.find(
    (each) => each.metadata?.name === set.status?.currentRevision && controllerOf(each)?.uid === set.metadata?.uid,
  );
  const data = found?.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined;
  if (found === undefined || data?.spec?.template === undefined) return { current: update, update };
  const { $patch: _replace, ...template } = data.spec.template;
  return { current: { revision: found.metadata?.name ?? "", template }, update };
}

async function act(
  ctx: Context,
  deps: Deps,
  set: StatefulSet,
  step: StatefulStep,
  templates: Templates,
): Promise<void> {
  if (step.do === "delete") {
    const uid = step.pod.metadata?.uid;
    await deps.client.deleteIfPresent(ctx, pods, keyOf(step.pod), uid === undefined ? {} : { uid });
    deps.events.normal(
      ctx,
      set,
      "SuccessfulDelete",
      `delete Pod ${step.pod.metadata?.name} in StatefulSet ${set.metadata?.name} successful`,
    );
  }
  if (step.do !== "create") return;
  const { current, update } = templates;
  const pod = statefulPod(set, step.ordinal, step.revision === current.revision ? current : update);
  try {
    await createClaims(ctx, deps, set, step.ordinal);
    await deps.client.create(ctx, pods, pod);
    deps.events.normal(
      ctx,
      set,
      "SuccessfulCreate",
      `create Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name} successful`,
    );
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

function statefulPod(set: StatefulSet, ordinal: number, { revision, template }: RevisedTemplate): Pod {
  const name = `${set.metadata?.name}-${ordinal}`;
  const labels = {
    ...template.metadata?.labels,
    "apps.kubernetes.io/pod-index": String(ordinal),
    "statefulset.kubernetes.io/pod-name": name,
    [REVISION]: revision,
  };
  const pod = podFromTemplate(set, { ...template, metadata: { ...template.metadata, labels } }, name);
  if (pod.spec === undefined) return pod;
  pod.spec.hostname = name;
  if (set.spec?.serviceName !== undefined) pod.spec.subdomain = set.spec.serviceName;
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata?.name ?? "",
    persistentVolumeClaim: { claimName: `${metadata?.name}-${name}` },
  }));
  const own = new Set(claims.map((claim) => claim.name));
  pod.spec.volumes = [...(pod.spec.volumes ?? []).filter((volume) => !own.has(volume.name)), ...claims];
  return pod;
}

async function createClaims(ctx: Context, deps: Deps, set: StatefulSet, ordinal: number): Promise<void> {
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const metadata = {
      name: `${template.metadata?.name}-${set.metadata?.name}-${ordinal}`,
      namespace: set.metadata?.namespace ?? "default",
      labels: { ...template.metadata?.labels, ...set.spec?.selector.matchLabels },
    };
    try {
      await deps.client.create(ctx, persistentVolumeClaims, {
        metadata,
        ...(template.spec !== undefined && { spec: template.spec }),
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

async function report(ctx: Context, deps: Deps, set: StatefulSet, owned: readonly Pod[]): Promise<void> {
  const status = statefulStatus(set, owned);
  const before = set.status as Record<string, unknown> | undefined;
  const isChanged = Object.entries(status).some(([field, value]) => before?.[field] !== value);
  if (isChanged) await deps.client.updateStatus(ctx, statefulSets, { ...set, status: { ...set.status, ...status } });
}
