/** Whether the API server asks Liqo's webhooks, and whether they can answer. */
import { X509Certificate } from "node:crypto";
import { type Check, failed, none, ok, seen, warning } from "../check.ts";
import type { InstalledFacts } from "./liqo.ts";

const INSTALL = "liqoctl install makes it again";
const SERVICE = "liqo-webhook";
const KINDS = [
  ["mutating", "MutatingWebhookConfiguration", "liqo-mutating-webhook"],
  ["validating", "ValidatingWebhookConfiguration", "liqo-validating-webhook"],
] as const;
/** The CA lasts for years. */
const SOON_MS = 30 * 24 * 3_600_000;

export const webhookChecks: readonly Check<InstalledFacts>[] = [
  ...KINDS.map(
    ([key, kind, name]): Check<InstalledFacts> => ({
      says: `${kind} ${name} is there`,
      look: ({ liqo }) =>
        seen<readonly Webhooks[]>(liqo[key], (all) => {
          const found = all.find(({ metadata }) => metadata?.name === name);
          return found === undefined ? failed("it is missing", INSTALL) : ok(`${found.webhooks?.length ?? 0} webhooks`);
        }),
    }),
  ),
  {
    says: "the API server can trust the webhooks",
    look: ({ liqo, nowMs }) =>
      seen<readonly Webhooks[]>(liqo.mutating, (mutating) =>
        seen<readonly Webhooks[]>(liqo.validating, (validating) => {
          const own = [...mutating, ...validating].filter(({ metadata }) => NAMES.includes(metadata?.name ?? ""));
          const bundles = own.flatMap(({ webhooks }) => webhooks ?? []);
          if (bundles.length === 0) return undefined;
          const problems = bundles.flatMap(({ name, clientConfig }) => {
            const problem = bundleProblem(clientConfig.caBundle, nowMs);
            return problem === undefined ? [] : [`${name}: ${problem}`];
          });
          return none(problems.slice(0, 1), "kubectl rollout restart deployment liqo-controller-manager -n liqo");
        }),
      ),
  },
  {
    says: "the webhooks answer for someone",
    look: ({ liqo, liqoNamespace }) =>
      seen(liqo.endpointSlices, (all) => {
        const own = all.filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === SERVICE);
        const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter((each) => each.conditions?.ready === true);
        if (ready.length > 0) return ok(`${ready.length}`);
        return failed(
          `Service ${liqoNamespace}/${SERVICE} has no endpoint that is ready: what they look at is refused`,
          `kubectl get endpointslices -n ${liqoNamespace} -l kubernetes.io/service-name=${SERVICE}; liqo-controller-manager serves them`,
        );
      }),
  },
  {
    says: "all webhooks refuse what they cannot check",
    look: ({ liqo }) =>
      seen<readonly Webhooks[]>(liqo.validating, (all) => {
        const own = all.find(({ metadata }) => metadata?.name === NAMES[1])?.webhooks ?? [];
        if (own.length === 0) return undefined;
        const open = own.filter(({ failurePolicy }) => failurePolicy === "Ignore").map(({ name }) => name);
        return open.length === 0
          ? ok()
          : warning(`${open.join(", ")}: failurePolicy is Ignore`, "webhook.failurePolicy=Fail of the chart");
      }),
  },
];

const NAMES: readonly string[] = KINDS.map(([, , name]) => name);

/** What both kinds have in common. */
interface Webhooks {
  readonly metadata?: { readonly name?: string };
  readonly webhooks?: readonly {
    readonly name: string;
    readonly failurePolicy?: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

function bundleProblem(bundle: string | undefined, nowMs: number): string | undefined {
  if (bundle === undefined || bundle === "") return "it has no caBundle";
  try {
    const endMs = new X509Certificate(Buffer.from(bundle, "base64")).validToDate.getTime();
    return endMs - nowMs < SOON_MS ? `its CA ends on ${new Date(endMs).toISOString()}` : undefined;
  } catch {
    return "its caBundle is no certificate";
  }
}
