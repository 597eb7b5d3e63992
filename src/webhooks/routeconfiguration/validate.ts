/** Upstream: pkg/webhooks/routeconfiguration */
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";

export const validateRouteConfiguration: AdmissionHandler = async (_ctx, request) => {
  const next = request.object as RouteConfiguration | undefined;
  const before = (request.oldObject ?? undefined) as RouteConfiguration | undefined;
  if (next === undefined) return ALLOWED;
  const table = next.spec?.table;
  if (before !== undefined && before.spec?.table?.name !== table?.name) return denied("spec.table.name is immutable");
  const rules = (table?.rules ?? []).map(({ routes: _routes, targetRef: _ref, ...rule }) => JSON.stringify(rule));
  if (new Set(rules).size !== rules.length) return denied("spec.table.rules: two rules are equal");
  for (const [i, { routes }] of (table?.rules ?? []).entries()) {
    const destinations = routes.map(({ dst }) => dst);
    if (new Set(destinations).size !== destinations.length)
      return denied(`spec.table.rules[${i}].routes: two routes have the same dst`);
  }
  return ALLOWED;
};
