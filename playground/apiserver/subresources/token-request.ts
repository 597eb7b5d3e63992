/**
 * `serviceaccounts/token`: short-lived tokens, bound to a pod, Secret or node when asked.
 * Kubernetes: pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go
 */
import type { TokenRequest } from "kubernetes-types/authentication/v1";
import type { ServiceAccount } from "kubernetes-types/core/v1";
import { nodes, pods, secrets, serviceAccounts } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { badRequest, conflict, invalidObject, notFound } from "#machinery/status-error.ts";
import type { BoundClaims, BoundReference, TokenSigner } from "#pki/service-account-token.ts";
import type { ConnectorRequest, JsonConnector } from "../connector.ts";
import type { ObjectReader } from "../request.ts";

const KIND = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What kubelets ask for; such tokens live a year, so that programs that never read the file again keep working. */
const KUBELET_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

export function tokenConnector(reader: ObjectReader, signer: TokenSigner, now: () => number): JsonConnector {
  return {
    form: "json",
    group: "",
    version: "v1",
    plural: "serviceaccounts",
    subresource: "token",
    verbs: ["create"],
    kind: KIND,
    admission: true,
    handle: async (_ctx, request, body) => {
      const account = reader.get(serviceAccounts, request.namespace, request.name);
      if (account === undefined) throw notFound(serviceAccounts, request.name);
      const asked = body as TokenRequest | undefined;
      checkRequest(asked, request);
      return { code: 201, body: await issue(reader, signer, account, asked, now()) };
    },
  };
}

function checkRequest(asked: TokenRequest | undefined, request: ConnectorRequest): void {
  const { name = "", namespace = "" } = asked?.metadata ?? {};
  if (name !== "" && name !== request.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  }
  if (namespace !== "" && namespace !== request.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const seconds = asked?.spec?.expirationSeconds ?? DEFAULT_SECONDS;
  const field = "spec.expirationSeconds";
  if (seconds < MIN_SECONDS) {
    throw invalidObject(KIND, "", [invalid(field, seconds, "may not specify a duration less than 10 minutes")]);
  }
  if (seconds > MAX_SECONDS) {
    throw invalidObject(KIND, "", [invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")]);
  }
}

async function issue(
  reader: ObjectReader,
  signer: TokenSigner,
  account: ServiceAccount,
  asked: TokenRequest | undefined,
  nowMs: number,
): Promise<KubeObject> {
  const { namespace = "", name = "", uid = "" } = account.metadata ?? {};
  const expirationSeconds = asked?.spec?.expirationSeconds ?? DEFAULT_SECONDS;
  const wanted = asked?.spec?.audiences ?? [];
  const audiences = wanted.length === 0 ? [signer.issuer] : wanted;
  const bound = bindTo(reader, account, asked?.spec?.boundObjectRef);
  const extend = expirationSeconds === KUBELET_SECONDS && bound.pod !== undefined && audiences.includes(signer.issuer);
  const warnafter = Math.floor(nowMs / 1000) + expirationSeconds;
  const claims: BoundClaims = {
    namespace,
    serviceaccount: { name, uid },
    ...bound,
    ...(extend && { warnafter }),
  };
  const token = await signer.sign({
    claims,
    audiences,
    expirationSeconds: extend ? EXTENDED_SECONDS : expirationSeconds,
    nowMs,
  });
  // The answer tells the time asked for, so that the kubelet renews in time whatever the token says.
  const expirationTimestamp = `${new Date(warnafter * 1000).toISOString().slice(0, 19)}Z`;
  const result: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { ...asked?.metadata, name, namespace, creationTimestamp: timestamp(nowMs) },
    spec: { ...asked?.spec, audiences, expirationSeconds },
    status: { token, expirationTimestamp },
  };
  return result;
}

function bindTo(
  reader: ObjectReader,
  account: ServiceAccount,
  reference: TokenRequest["spec"]["boundObjectRef"],
): Partial<Pick<BoundClaims, "pod" | "secret" | "node">> {
  if (reference === undefined || reference === null) return {};
  const { namespace = "", name: accountName = "" } = account.metadata ?? {};
  const { kind = "", name = "", uid = "" } = reference;
  const check = (object: KubeObject | undefined, plural: string): BoundReference => {
    if (object === undefined) throw notFound({ group: "", plural }, name);
    const actual = object.metadata?.uid ?? "";
    if (uid !== "" && uid !== actual) {
      const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
      throw conflict({ group: "", plural }, name, why);
    }
    return { name, uid: actual };
  };
  switch (kind) {
    case "Pod": {
      const pod = reader.get(pods, namespace, name);
      const bound = check(pod, "pods");
      if (pod?.spec?.serviceAccountName !== accountName) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
        );
      }
      const node = reader.get(nodes, "", pod.spec.nodeName ?? "");
      const place = node && { name: node.metadata?.name ?? "", uid: node.metadata?.uid ?? "" };
      return { pod: bound, ...(place !== undefined && { node: place }) };
    }
    case "Secret":
      return { secret: check(reader.get(secrets, namespace, name), "secrets") };
    case "Node":
      return { node: check(reader.get(nodes, "", name), "nodes") };
    default:
      throw badRequest(`cannot bind token to object of type ${kind}`);
  }
}

function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}
