/** POST /api/actions */
import { namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { forgeOffloading } from "#cli/commands/offload/namespace.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import type { ItemKey } from "../../model/items.ts";
import type { Action, ActionAnswer } from "../../model/protocol.ts";
import { subjectOf } from "../ask/subject.ts";
import { answerJson, Refusal } from "../http/answers.ts";
import type { ParsedKey } from "../http/query.ts";
import type { ApiHandler } from "../http/server.ts";
import type { Federation } from "../watch/federation.ts";
import { commandOf } from "./command.ts";
import type { Lab } from "./lab.ts";
import { parseActionRequest } from "./parse.ts";

export interface Actions {
  readonly lab: Lab | undefined;
}

/** Remembers what is done to an item. */
export type Told = (key: ItemKey, text: string) => void;

const MOST_MS = 90_000;

/** What was asked for is done, though the page that asked be closed meanwhile: `ctx` is the server's. */
export function actionHandlers(
  ctx: Context,
  federation: Federation,
  { lab }: Actions,
  told: Told,
): Record<string, ApiHandler> {
  return {
    "POST /api/actions": async (_ctx, { body }, response) => {
      const { request, plan, parsed } = parseActionRequest(await body());
      const command = commandOf(request, parsed, federation.contextOf(parsed.name));
      if (plan) return answerJson(response, { command, done: false } satisfies ActionAnswer);
      told(request.key, `${command} was asked for`);
      const says = await perform(withTimeout(ctx, MOST_MS), federation, lab, request, parsed);
      answerJson(response, { command, done: true, says } satisfies ActionAnswer);
    },
  };
}

async function perform(
  ctx: Context,
  federation: Federation,
  lab: Lab | undefined,
  request: Action,
  parsed: ParsedKey,
): Promise<string> {
  const { cluster, name } = parsed;
  switch (request.action) {
    case "cut":
    case "heal": {
      const { one, other, asked } = linkOf(federation, lab, parsed);
      await asked[request.action](ctx, one, other);
      return `the link between ${one} and ${other} is ${request.action === "cut" ? "cut" : "whole"}`;
    }
    case "stop-cluster":
    case "start-cluster": {
      const way = request.action === "stop-cluster" ? "stop" : "start";
      if (federation.find(cluster) === undefined) throw new Refusal(404, `${cluster} is no cluster that is looked at`);
      await inLab(lab)[way](ctx, cluster);
      return `${cluster} is ${way === "stop" ? "stopped" : "started"}`;
    }
    default:
      await change(ctx, federation, request, parsed);
      return `${name}: done`;
  }
}

function inLab(lab: Lab | undefined): Lab {
  if (lab === undefined)
    throw new Refusal(403, "only the clusters of a playground can be stopped, and their links cut");
  return lab;
}

function linkOf(federation: Federation, lab: Lab | undefined, { cluster, name }: ParsedKey) {
  const [one, other] = [federation.find(cluster), federation.findById(name)];
  if (one === undefined || other === undefined)
    throw new Refusal(404, `of the link between ${cluster} and ${name} only one end is looked at`);
  return { one: one.name, other: other.name, asked: inLab(lab) };
}

type Change = Exclude<Action, { readonly action: "cut" | "heal" | "stop-cluster" | "start-cluster" }>;

/** Through the API, as the user of the kubeconfig. */
async function change(ctx: Context, federation: Federation, request: Change, parsed: ParsedKey): Promise<void> {
  const { watch, resource, key } = subjectOf(federation, request.key);
  const { client, liqoNamespace } = watch.access;
  switch (request.action) {
    case "delete-pod": {
      const pod = watch.followed?.pods.store.get(key);
      if (pod === undefined) throw new Refusal(404, `pod ${key.name} is not there any more`);
      return client.deleteObserved(ctx, pods, pod);
    }
    case "cordon":
    case "uncordon":
      await client.patch(ctx, nodes, key, "merge", {
        spec: { unschedulable: request.action === "cordon" ? true : null },
      });
      return;
    case "scale":
      if (!/^(Deployment|StatefulSet)\//.test(parsed.name))
        throw new Refusal(400, "only a Deployment or a StatefulSet can be scaled");
      await client.patch(
        ctx,
        resource,
        key,
        "merge",
        { spec: { replicas: request.replicas } },
        { subresource: "scale" },
      );
      return;
    case "offload":
      if (isProtectedNamespace(key.name, liqoNamespace))
        throw new Refusal(400, `namespace ${key.name} is protected and cannot be offloaded`);
      await client.apply(ctx, namespaceOffloadings, forgeOffloading(key.name, DEFAULTS));
      return;
    case "unoffload":
      await client.deleteIfPresent(ctx, namespaceOffloadings, { namespace: key.name, name: OFFLOADING_NAME });
  }
}

/** As `liqoctl offload namespace` has them. */
const DEFAULTS = {
  podOffloadingStrategy: "LocalAndRemote",
  namespaceMappingStrategy: "DefaultName",
  remoteNamespaceName: undefined,
  selectors: [],
  timeoutMs: 0,
} as const;
