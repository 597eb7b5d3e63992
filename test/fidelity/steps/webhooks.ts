/** Admission webhooks that mutate, deny, warn, fail and time out. */
import { inNamespace, post, remove, type Step } from "../step.ts";

const MAPS = "/api/v1/namespaces/webhooks/configmaps";
const REGISTRATION = "/apis/admissionregistration.k8s.io/v1";

interface Case {
  readonly path: string;
  readonly mutating?: true;
  readonly more?: object;
}

const CASES: Readonly<Record<string, Case>> = {
  mutates: { path: "mutate", mutating: true },
  "mutates badly": { path: "bad-patch", mutating: true },
  denies: { path: "deny" },
  "denies with a reason": { path: "deny-reason" },
  "denies while mutating": { path: "deny-reason", mutating: true },
  warns: { path: "warn" },
  "answers another request": { path: "other-uid" },
  "answers nothing known": { path: "broken" },
  fails: { path: "error" },
  "times out": { path: "slow", more: { timeoutSeconds: 1 } },
  "times out and is ignored": { path: "slow", more: { timeoutSeconds: 1, failurePolicy: "Ignore" } },
  "has side effects": { path: "warn", more: { sideEffects: "Some" } },
  "matches no object": { path: "deny", more: { objectSelector: { matchLabels: { none: "such" } } } },
  "matches by CEL": { path: "deny", more: { matchConditions: [{ name: "never", expression: "false" }] } },
};

/** `{webhook}` is the address of the server, `{ca}` the authority that it is known by. */
export const webhookSteps: readonly Step[] = [
  ...inNamespace("webhooks"),
  ...Object.entries(CASES).flatMap(([title, one], i) => stepsOf(title, one, i)),
];

function stepsOf(title: string, { path, mutating, more }: Case, index: number): Step[] {
  const plural = mutating === true ? "mutatingwebhookconfigurations" : "validatingwebhookconfigurations";
  const webhook = {
    name: "w.example.org",
    clientConfig: { url: `https://{webhook}/${path}`, caBundle: "{ca}" },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "webhooks" } },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  };
  return [
    post(`webhook ${title}: configuration`, `${REGISTRATION}/${plural}`, {
      metadata: { name: "w" },
      webhooks: [webhook],
    }),
    // Configurations are seen a moment later.
    { name: `webhook ${title}: pause`, method: "GET", path: `${MAPS}?watch=true&timeoutSeconds=1`, setUp: true },
    post(`webhook ${title}`, MAPS, { metadata: { name: `m${index}` } }),
    post(`webhook ${title}: dry run`, `${MAPS}?dryRun=All`, { metadata: { name: `d${index}` } }),
    remove(`webhook ${title}: removed`, `${REGISTRATION}/${plural}/w`, undefined, { setUp: true }),
  ];
}
