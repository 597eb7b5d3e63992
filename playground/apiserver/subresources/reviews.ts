/**
 * Questions about rights and identities, answered and not stored.
 * Kubernetes: pkg/registry/{authorization,authentication}
 */

import type { TokenReview } from "kubernetes-types/authentication/v1";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from "kubernetes-types/authorization/v1";
import { systemClock } from "#base/clock.ts";
import { messageOf } from "#base/errors.ts";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { badRequest, failure, invalidObject } from "#machinery/status-error.ts";
import { SERVICE_ACCOUNT_ISSUER } from "#pki/service-account-token.ts";
import type { TokenAuthenticator } from "../authn/bearer-token.ts";
import type { RbacAuthorizer } from "../authz/rbac.ts";
import type { VirtualResource } from "../connector.ts";
import { timestamp } from "../core.ts";
import type { Authorizer, RequestAttributes, UserInfo } from "../request.ts";

export interface ReviewDeps {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  readonly tokens: TokenAuthenticator;
  /** Those of the API server. Default: the service-account issuer. */
  readonly audiences?: readonly string[];
  readonly now?: () => number;
}

const AUTHORIZATION = "authorization.k8s.io";
const AUTHENTICATION = "authentication.k8s.io";

type Attributes = Pick<SubjectAccessReviewSpec, "resourceAttributes" | "nonResourceAttributes">;

export function reviewResources(deps: ReviewDeps): VirtualResource[] {
  const { now = systemClock.epochMs } = deps;
  return [
    review(AUTHORIZATION, "SelfSubjectAccessReview", async (user, _namespace, asked: SelfSubjectAccessReview) => {
      return { ...asked, status: decide(deps.authorizer, user, asked.spec) };
    }),
    review(AUTHORIZATION, "SubjectAccessReview", async (_user, _namespace, asked: SubjectAccessReview) => {
      return { ...asked, status: decide(deps.authorizer, subjectOf(asked.spec), asked.spec) };
    }),
    review(AUTHORIZATION, "LocalSubjectAccessReview", async (_user, namespace, asked: LocalSubjectAccessReview) => {
      checkLocal(asked, namespace);
      return { ...asked, status: decide(deps.authorizer, subjectOf(asked.spec), asked.spec) };
    }),
    review(AUTHORIZATION, "SelfSubjectRulesReview", async (user, _namespace, asked: SelfSubjectRulesReview) =>
      listRules(deps.rbac, user, asked),
    ),
    review(AUTHENTICATION, "SelfSubjectReview", async (user, _namespace, asked: KubeObject) => ({
      ...asked,
      metadata: { ...asked.metadata, creationTimestamp: timestamp(now()) },
      status: { userInfo: showUser(user) },
    })),
    review(AUTHENTICATION, "TokenReview", async (_user, _namespace, asked: TokenReview) => reviewToken(deps, asked)),
  ];
}

/** The user in the form of the authentication API. */
function showUser(user: UserInfo): Record<string, unknown> {
  return {
    username: user.name,
    ...(user.uid !== undefined && { uid: user.uid }),
    groups: user.groups,
    ...(user.extra !== undefined && { extra: user.extra }),
  };
}

/** `T` is what the schema of the kind has checked the object to be. */
function review<T extends object>(
  group: string,
  kind: string,
  answer: (user: UserInfo, namespace: string, object: T) => Promise<object>,
): VirtualResource {
  const singular = kind.toLowerCase();
  const namespaced = kind === "LocalSubjectAccessReview";
  return {
    resource: { group, version: "v1", plural: `${singular}s`, kind, namespaced },
    singular,
    create: async (_ctx, user, namespace, object) => {
      const body = await answer(user, namespace, object as unknown as T);
      return { apiVersion: `${group}/v1`, kind, metadata: {}, ...body } as KubeObject;
    },
  };
}

function decide(authorizer: Authorizer, user: UserInfo, spec: Attributes | undefined): object {
  const { allowed, reason } = authorizer.authorize(attributesOf(user, spec));
  return { allowed, ...(reason !== "" && { reason }) };
}

/** Upstream names the group alone. */
function refusal(group: string, error: FieldError): Error {
  const { kind: _kind, ...details } = invalidObject({ group, kind: "" }, "", [error]).status.details ?? {};
  return failure(422, "Invalid", `.${group} "" is invalid: ${error.field}: ${error.message}`, details);
}

function attributesOf(user: UserInfo, spec: Attributes | undefined): RequestAttributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
  if ((resource === undefined) === (path === undefined)) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    throw refusal(AUTHORIZATION, invalid("spec.resourceAttributes", null, why));
  }
  return {
    user,
    verb: resource?.verb ?? path?.verb ?? "",
    isResource: resource !== undefined,
    group: resource?.group ?? "",
    version: resource?.version ?? "",
    plural: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
    path: path?.path ?? "",
  };
}

function subjectOf(spec: SubjectAccessReviewSpec | undefined): UserInfo {
  const { user: name = "", groups = [], uid, extra } = spec ?? {};
  if (name === "" && groups.length === 0) {
    const why = "at least one of user or group must be specified";
    throw refusal(AUTHORIZATION, invalid("spec.user", "", why));
  }
  return { name, groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) };
}

function checkLocal(asked: LocalSubjectAccessReview, namespace: string): void {
  if (asked.spec?.resourceAttributes?.namespace !== namespace) {
    const why = "must match metadata.namespace";
    const found = asked.spec?.resourceAttributes?.namespace ?? "";
    throw refusal(AUTHORIZATION, invalid("spec.resourceAttributes.namespace", found, why));
  }
}

function listRules(rbac: RbacAuthorizer, user: UserInfo, asked: SelfSubjectRulesReview): object {
  const namespace = asked.spec?.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = rbac.rulesOf(user, namespace);
  const resourceRules = rules
    .filter((rule) => (rule.resources ?? []).length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups: apiGroups ?? [],
      resources: resources ?? [],
      ...(resourceNames !== undefined && { resourceNames }),
    }));
  const nonResourceRules = rules
    .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs: nonResourceURLs ?? [] }));
  return { ...asked, status: { resourceRules, nonResourceRules, incomplete: false } };
}

async function reviewToken(
  { tokens, audiences = [SERVICE_ACCOUNT_ISSUER] }: ReviewDeps,
  asked: TokenReview,
): Promise<object> {
  const { token = "", audiences: wanted = [] } = asked.spec ?? {};
  if (token === "") {
    const why = "token is required for TokenReview in authentication";
    throw refusal(AUTHENTICATION, required("spec.token", why));
  }
  try {
    const found = await tokens.authenticateToken(token, wanted.length === 0 ? audiences : wanted);
    if (found === undefined) return { ...asked, status: { user: {}, error: "invalid bearer token" } };
    const status = { authenticated: true, user: showUser(found.user), audiences: found.audiences };
    return { ...asked, status };
  } catch (error) {
    return { ...asked, status: { user: {}, error: `[invalid bearer token, ${messageOf(error)}]` } };
  }
}
