/**
 * Acting as somebody else by Impersonate-* headers, where the authorizer allows it.
 * Kubernetes: apiserver/pkg/endpoints/filters/impersonation/impersonation.go
 */

import { badRequest } from "#machinery/status-error.ts";
import { denial } from "../authz/denial.ts";
import type { Authorizer, RequestAttributes, UserInfo } from "../request.ts";
import { TextError } from "../respond.ts";
import { serviceAccountUser } from "./service-account.ts";

interface Impersonation {
  readonly name: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const EXTRA_PREFIX = "impersonate-extra-";
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user to act as: `user` itself without such headers. Throws 403 when it may not. */
export function impersonate(
  authorizer: Authorizer,
  user: UserInfo,
  { rawHeaders, url = "" }: { readonly rawHeaders: readonly string[]; readonly url?: string | undefined },
): UserInfo {
  const wanted = readHeaders(rawHeaders, url);
  if (wanted === undefined) return user;
  for (const attributes of neededRights(user, wanted)) {
    const { allowed, reason } = authorizer.authorize(attributes);
    if (!allowed) throw denial(attributes, reason);
  }
  return forgeUser(wanted);
}

/** Upstream takes a key with a faulty escape as it stands. Kubernetes: authentication/request/headerrequest (unescapeExtraKey) */
function unescapeKey(encoded: string): string {
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    key = encoded;
  }
  if (key === "__proto__") throw badRequest('impersonated extra key "__proto__" is not supported');
  return key;
}

function readHeaders(raw: readonly string[], url: string): Impersonation | undefined {
  const values = (name: string): string[] => raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name);
  const extra: Record<string, string[]> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const header = raw[i]?.toLowerCase() ?? "";
    if (!header.startsWith(EXTRA_PREFIX)) continue;
    const key = unescapeKey(header.slice(EXTRA_PREFIX.length));
    extra[key] = [...(Object.hasOwn(extra, key) ? (extra[key] ?? []) : []), raw[i + 1] ?? ""];
  }
  const [name] = values("impersonate-user");
  const [uid] = values("impersonate-uid");
  const groups = values("impersonate-group");
  if (name !== undefined && name !== "") return { name, uid, groups, extra };
  if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw withoutUser(url, [
    ...groups.map((group) => `{Group  ${group}    }`),
    ...Object.entries(extra).flatMap(([key, list]) =>
      list.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
    ),
    ...(uid === undefined ? [] : [`{UID  ${uid}  authentication.k8s.io/v1  }`]),
  ]);
}

/** Upstream shows object references, as Go prints structs. */
function withoutUser(url: string, wanted: readonly string[]): Error {
  const path = JSON.stringify(url.replace(/\?.*$/, ""));
  const why = `requested [${wanted.join(" ")}] without impersonating a user`;
  return new TextError(500, `Internal Server Error: ${path}: ${why}`);
}

function neededRights(user: UserInfo, wanted: Impersonation): RequestAttributes[] {
  const right = (
    group: string,
    plural: string,
    name: string,
    more: Partial<RequestAttributes> = {},
  ): RequestAttributes => ({
    user,
    verb: "impersonate",
    isResource: true,
    group,
    version: "v1",
    plural,
    subresource: "",
    namespace: "",
    name,
    path: "",
    ...more,
  });
  const account = SERVICE_ACCOUNT.exec(wanted.name);
  const [, namespace = "", accountName = ""] = account ?? [];
  const authentication = "authentication.k8s.io";
  return [
    account === null ? right("", "users", wanted.name) : right("", "serviceaccounts", accountName, { namespace }),
    ...wanted.groups.map((group) => right("", "groups", group)),
    ...(wanted.uid === undefined ? [] : [right(authentication, "uids", wanted.uid)]),
    ...Object.entries(wanted.extra).flatMap(([key, list]) =>
      list.map((value) => right(authentication, "userextras", value, { subresource: key })),
    ),
  ];
}

function forgeUser({ name, uid, groups, extra }: Impersonation): UserInfo {
  const [, namespace, account] = SERVICE_ACCOUNT.exec(name) ?? [];
  const implied =
    groups.length === 0 && namespace !== undefined && account !== undefined
      ? serviceAccountUser(namespace, account).groups
      : groups;
  const everyone = name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  return {
    name,
    ...(uid !== undefined && { uid }),
    groups: implied.includes(everyone) ? implied : [...implied, everyone],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
