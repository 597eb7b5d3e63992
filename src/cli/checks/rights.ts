/** Asks the API server what the user may do, before the first change: a refusal half-way would leave things half-made. */
import type { SelfSubjectAccessReview } from "kubernetes-types/authorization/v1";
import type { Context } from "#base/context.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { isForbidden } from "#machinery/status-error.ts";
import type { Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";

export interface Need {
  readonly verb: "create" | "patch" | "delete";
  readonly resource: Resource;
  readonly namespace?: string;
}

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

export type Right = Need & { readonly allowed: boolean };

export function askRights(ctx: Context, { client }: Cluster, needs: readonly Need[]): Promise<Right[]> {
  return Promise.all(
    needs.map(async (need) => {
      const { verb, resource, namespace } = need;
      const { group, plural } = resource;
      const resourceAttributes = { verb, group, resource: plural, ...(namespace !== undefined && { namespace }) };
      const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes },
      };
      const { status } = await client.raw<SelfSubjectAccessReview>(ctx, "POST", REVIEWS, body);
      return { ...need, allowed: status?.allowed === true };
    }),
  );
}

/** `create namespaces, patch pods in namespace web` of those that are not allowed; undefined: all are. */
export function missingRights(rights: readonly Right[]): string | undefined {
  const missing = rights.filter(({ allowed }) => !allowed);
  if (missing.length === 0) return undefined;
  const list = missing.map(({ verb, resource, namespace }) => {
    const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
    return `${verb} ${formatGroupResource(resource)}${where}`;
  });
  return list.join(", ");
}

/** Throws a CliError that names the cluster and everything that is missing. */
export async function requireRights(ctx: Context, cluster: Cluster, needs: readonly Need[]): Promise<void> {
  const missing = missingRights(await askRights(ctx, cluster, needs));
  if (missing === undefined) return;
  throw new CliError(`missing rights on ${cluster.server}: this user cannot ${missing}`, {
    hint: "use the kubeconfig of an administrator, or of the peering user that was made there for this very peer",
  });
}

/** What the user may not see is as good as absent. */
export async function unlessForbidden<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
