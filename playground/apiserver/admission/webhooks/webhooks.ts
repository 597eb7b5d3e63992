/**
 * MutatingAdmissionWebhook and ValidatingAdmissionWebhook: others decide over HTTPS.
 * Kubernetes: apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go
 */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "#machinery/builtin.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { applyJsonPatch } from "#machinery/patch/json-patch.ts";
import { badRequest, failure, forbiddenError, StatusError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../../request.ts";
import { WebhookCaller } from "./caller.ts";
import { type ConfiguredWebhook, configuredWebhooks } from "./configured.ts";
import { checkConditions, isSelected, type Webhook } from "./matching.ts";
import { type ReviewAnswer, rejection } from "./review.ts";

/** Both plugins; their connections end with the signal. */
export function webhookPlugins(
  reader: ObjectReader,
  signal: AbortSignal,
): { mutating: AdmissionPlugin; validating: AdmissionPlugin } {
  const caller = new WebhookCaller(reader);
  signal.addEventListener("abort", () => caller.close(), { once: true });
  const mutating = configuredWebhooks(reader, mutatingWebhookConfigurations, signal);
  const validating = configuredWebhooks(reader, validatingWebhookConfigurations, signal);
  return {
    mutating: {
      name: "MutatingAdmissionWebhook",
      handles: () => mutating().length > 0,
      admit: (ctx, request) => mutate({ ctx, reader, caller, mutating: true }, mutating(), request),
    },
    validating: {
      name: "ValidatingAdmissionWebhook",
      handles: () => validating().length > 0,
      validate: (ctx, request) => validate({ ctx, reader, caller, mutating: false }, validating(), request),
    },
  };
}

interface Dispatch {
  readonly ctx: Context;
  readonly reader: ObjectReader;
  readonly caller: WebhookCaller;
  readonly mutating: boolean;
}

async function mutate(
  dispatch: Dispatch,
  webhooks: readonly ConfiguredWebhook[],
  request: AdmissionRequest,
): Promise<void> {
  /** What each webhook that wants to be asked again saw leave its hands. */
  const seen = new Map<ConfiguredWebhook, string>();
  const run = async (configured: ConfiguredWebhook): Promise<void> => {
    const answer = await callWebhook(dispatch, configured, request);
    if (answer !== undefined) applyAnswer(configured.webhook, request, answer);
    if (answer !== undefined && configured.webhook.reinvocationPolicy === "IfNeeded")
      seen.set(configured, JSON.stringify(request.object));
  };
  for (const configured of webhooks) await run(configured);
  for (const [configured, before] of seen) if (JSON.stringify(request.object) !== before) await run(configured);
}

async function validate(
  dispatch: Dispatch,
  webhooks: readonly ConfiguredWebhook[],
  request: AdmissionRequest,
): Promise<void> {
  const checks = webhooks.map(async (configured) => {
    const answer = await callWebhook(dispatch, configured, request);
    if (answer !== undefined) refuseUnlessAllowed(configured.webhook, request, answer);
  });
  // All are asked at once; the first in order that refuses is the one reported.
  for (const result of await Promise.allSettled(checks)) if (result.status === "rejected") throw result.reason;
}

/** The webhook's answer; `undefined` when it is not concerned, or failed and may be ignored. */
async function callWebhook(
  { ctx, reader, caller, mutating }: Dispatch,
  { webhook, conditions }: ConfiguredWebhook,
  request: AdmissionRequest,
): Promise<ReviewAnswer | undefined> {
  if (!isSelected(reader, webhook, request)) return undefined;
  const matched = checkConditions(conditions, request);
  if (matched.outcome === "skip") return undefined;
  if (matched.outcome === "error") {
    if (webhook.failurePolicy === "Ignore") return undefined;
    throw forbiddenError(request.resource, request.name, matched.message);
  }
  if (request.dryRun && !["None", "NoneOnDryRun"].includes(webhook.sideEffects ?? "")) {
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  try {
    return await caller.call(webhook, request, { signal: ctx.signal, mutating });
  } catch (error) {
    return toleratedFailure(ctx, webhook, error);
  }
}

function toleratedFailure(ctx: Context, webhook: Webhook, error: unknown): undefined {
  const message = `failed calling webhook ${JSON.stringify(webhook.name)}: ${messageOf(error)}`;
  if (webhook.failurePolicy === "Ignore") {
    ctx.log.warn("webhook failed and is ignored", { webhook: webhook.name, error: message });
    return undefined;
  }
  const details = { causes: [{ message }] };
  throw new StatusError(failure(500, "InternalError", `Internal error occurred: ${message}`, details).status, {
    cause: error,
  });
}

function refuseUnlessAllowed(webhook: Webhook, request: AdmissionRequest, answer: ReviewAnswer): void {
  request.warnings.push(...answer.warnings);
  if (!answer.allowed) throw rejection(webhook.name, answer.status);
}

function applyAnswer(webhook: Webhook, request: AdmissionRequest, answer: ReviewAnswer): void {
  refuseUnlessAllowed(webhook, request, answer);
  if (answer.patch.length === 0 || request.object === undefined) return;
  try {
    request.object = applyJsonPatch(structuredClone(request.object), answer.patch) as UnstructuredObject;
  } catch (cause) {
    const message = `Internal error occurred: jsonpatch of webhook ${JSON.stringify(webhook.name)}: ${messageOf(cause)}`;
    throw new StatusError(failure(500, "InternalError", message).status, { cause });
  }
}
