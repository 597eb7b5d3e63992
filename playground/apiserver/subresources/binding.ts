/**
 * Assigning a pod to a node: `pods/binding`, and its older form, the resource `bindings`.
 * Kubernetes: pkg/registry/core/pod/storage/storage.go (BindingREST)
 */
import type { Binding, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { pods } from "#machinery/builtin.ts";
import { notSupported, required } from "#machinery/field-error.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { badRequest, conflict, failure, type Status } from "#machinery/status-error.ts";
import type { ApiServices, JsonConnector, VirtualResource } from "../connector.ts";

const KIND = { group: "", version: "v1", kind: "Binding" };

export function bindingConnector(services: ApiServices, now: () => number): JsonConnector {
  return {
    form: "json",
    group: "",
    version: "v1",
    plural: "pods",
    subresource: "binding",
    verbs: ["create"],
    kind: KIND,
    admission: true,
    handle: async (ctx, request, body) => {
      await bind(ctx, services, {
        namespace: request.namespace,
        name: request.name,
        body,
        dryRun: request.dryRun,
        now,
      });
      return { code: 201, body: success(201) };
    },
  };
}

export function bindingResource(services: ApiServices, now: () => number): VirtualResource {
  return {
    resource: { group: "", version: "v1", plural: "bindings", kind: "Binding", namespaced: true },
    singular: "binding",
    create: async (ctx, _user, namespace, body) => {
      await bind(ctx, services, { namespace, name: body.metadata?.name ?? "", body, dryRun: false, now });
      return success(201) as KubeObject;
    },
  };
}

export function success(code: number): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code };
}

interface BindInput {
  readonly namespace: string;
  readonly name: string;
  readonly body: UnstructuredObject | undefined;
  readonly dryRun: boolean;
  readonly now: () => number;
}

async function bind(ctx: Context, { writer, reader }: ApiServices, input: BindInput): Promise<void> {
  const binding = readBinding(input.body, input.name);
  if (input.dryRun) {
    const pod = reader.get(pods, input.namespace, input.name);
    if (pod !== undefined) checkBindable(pod, binding);
    return;
  }
  await writer.change(ctx, pods, input.namespace, input.name, "binding", (pod) => {
    checkBindable(pod, binding);
    return assign(pod, binding, input.now());
  });
}

function readBinding(body: UnstructuredObject | undefined, inUrl: string): Binding {
  const binding = body as Binding | undefined;
  if (binding?.metadata?.name !== inUrl) throw badRequest("name in URL does not match name in Binding object");
  const { kind = "", name = "" } = binding?.target ?? {};
  const errors = [
    ...(kind === "" || kind === "Node" ? [] : [notSupported("target.kind", kind, ["Node", "<empty>"])]),
    ...(name === "" ? [required("target.name")] : []),
  ];
  // As upstream no API error.
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  if (texts.length > 0) throw failure(500, undefined, texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`);
  return binding;
}

function checkBindable(pod: Pod, binding: Binding): void {
  const name = pod.metadata?.name ?? "";
  const refuse = (why: string): Error => conflict({ group: "", plural: "pods/binding" }, name, why);
  const { uid } = binding.metadata ?? {};
  if (uid !== undefined && uid !== "" && uid !== pod.metadata?.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid}`);
  }
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec?.nodeName ?? "") !== "")
    throw refuse(`pod ${name} is already assigned to node "${pod.spec?.nodeName}"`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

function assign(pod: Pod, binding: Binding, nowMs: number): Pod {
  const time = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null as never, lastTransitionTime: time };
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  const { annotations, labels } = binding.metadata ?? {};
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations !== undefined && { annotations: { ...pod.metadata?.annotations, ...annotations } }),
      ...(labels !== undefined && { labels: { ...pod.metadata?.labels, ...labels } }),
    },
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: binding.target.name ?? "" },
    status: { ...pod.status, conditions: [...others, scheduled] },
  };
}
