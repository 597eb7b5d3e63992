/** Lists, pages, selectors, forms of answers, watches. */
import { get, inNamespace, PARTIAL, PARTIAL_LIST, patch, post, remove, type Step, TABLE } from "../step.ts";

const MAPS = "/api/v1/namespaces/reading/configmaps";
const PODS = "/api/v1/namespaces/reading/pods";
const SELECTORS = [
  "app=x",
  "app==x",
  "app!=x",
  "app",
  "!app",
  "app in (x,y)",
  "app notin (x)",
  "app in ()",
  "n>1",
  "n<2",
  "n>x",
  "app in (x",
  "a b",
  "app=x,",
  ",app=x",
  "app=x y",
  "App=x=y",
  "app=",
  "-a=b",
  "app~x",
];
const FIELD_SELECTORS = [
  "metadata.name=a",
  "metadata.name!=a",
  "metadata.namespace=reading",
  "metadata.uid=x",
  "data.k=v",
  "metadata.name",
  "=a",
  "metadata.name=a,metadata.name=b",
];
const POD_FIELDS = [
  "spec.nodeName=",
  "status.phase=Pending",
  "status.podIP=",
  "spec.other=x",
  "spec.schedulerName=default-scheduler",
];

const lists: readonly Step[] = [
  ...["a", "b", "c", "d"].map((name, n) =>
    post(`list: create ${name}`, MAPS, { metadata: { name, labels: { app: n % 2 === 0 ? "x" : "y", n: String(n) } } }),
  ),
  get("list all", MAPS, { save: { listed: "metadata.resourceVersion" } }),
  get("list limit", `${MAPS}?limit=2`, { save: { next: "metadata.continue" } }),
  get("list continue", `${MAPS}?limit=2&continue={next}`),
  get("list continue and revision", `${MAPS}?limit=2&continue={next}&resourceVersion=1`),
  get("list bad continue", `${MAPS}?continue=nonsense`),
  get("list bad limit", `${MAPS}?limit=x`),
  get("list negative limit", `${MAPS}?limit=-1`),
  get("list limit and selector", `${MAPS}?limit=1&labelSelector=app%3Dx`),
  get("list revision 0", `${MAPS}?resourceVersion=0`),
  get("list revision exact", `${MAPS}?resourceVersion={listed}&resourceVersionMatch=Exact`),
  get("list not older", `${MAPS}?resourceVersion={listed}&resourceVersionMatch=NotOlderThan`),
  get("list match without revision", `${MAPS}?resourceVersionMatch=Exact`),
  get("list exact 0", `${MAPS}?resourceVersion=0&resourceVersionMatch=Exact`),
  get("list bad match", `${MAPS}?resourceVersion=1&resourceVersionMatch=Other`),
  get("list bad revision", `${MAPS}?resourceVersion=x`),
  get("list future revision", `${MAPS}?resourceVersion=999999999`),
  get("list future exact", `${MAPS}?resourceVersion=999999999&resourceVersionMatch=Exact`),
  get("list missing namespace", "/api/v1/namespaces/nowhere/configmaps"),
  get("list all namespaces", "/api/v1/configmaps?labelSelector=app"),
  get("list unknown resource", "/api/v1/namespaces/reading/things"),
  get("list unknown version", "/apis/apps/v9/deployments"),
  get("list unknown group", "/apis/none.example.org/v1/things"),
  get("get future revision", `${MAPS}/a?resourceVersion=999999999`),
  get("get bad revision", `${MAPS}/a?resourceVersion=x`),
  ...SELECTORS.map((selector) => get(`labels ${selector}`, `${MAPS}?labelSelector=${encodeURIComponent(selector)}`)),
  ...FIELD_SELECTORS.map((text) => get(`fields ${text}`, `${MAPS}?fieldSelector=${encodeURIComponent(text)}`)),
  post("list: pod", PODS, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } }),
  ...POD_FIELDS.map((text) => get(`pod fields ${text}`, `${PODS}?fieldSelector=${encodeURIComponent(text)}`)),
  get("table of one", `${MAPS}/a`, { headers: TABLE }),
  get("table of all", MAPS, { headers: TABLE }),
  get("table with objects", `${MAPS}?includeObject=Object`, { headers: TABLE }),
  get("table without objects", `${MAPS}?includeObject=None`, { headers: TABLE }),
  get("table bad include", `${MAPS}?includeObject=Other`, { headers: TABLE }),
  get("table limit", `${MAPS}?limit=1`, { headers: TABLE }),
  get("table of nothing", "/api/v1/namespaces/nowhere/configmaps", { headers: TABLE }),
  get("table of pods", PODS, { headers: TABLE }),
  get("table old version", MAPS, { headers: { accept: "application/json;as=Table;v=v1beta1;g=meta.k8s.io" } }),
  get("partial of one", `${MAPS}/a`, { headers: PARTIAL }),
  get("partial list", MAPS, { headers: PARTIAL_LIST }),
  get("partial of list", MAPS, { headers: PARTIAL }),
  get("partial list of one", `${MAPS}/a`, { headers: PARTIAL_LIST }),
];

const watched = (
  name: string,
  query: string,
  during: readonly Step[] = [],
  headers: Readonly<Record<string, string>> = {},
): Step => get(name, `${MAPS}?watch=true&timeoutSeconds=1&${query}`, { during, headers });

const changes = (id: string): Step[] => [
  post(`${id} create`, MAPS, { metadata: { name: id, labels: { w: id } } }),
  patch("merge", `${id} change`, `${MAPS}/${id}`, { data: { a: "b" } }),
  patch("merge", `${id} leave`, `${MAPS}/${id}`, { metadata: { labels: { w: "other" } } }),
  patch("merge", `${id} enter`, `${MAPS}/${id}`, { metadata: { labels: { w: id } } }),
  remove(`${id} delete`, `${MAPS}/${id}`),
];

const watches: readonly Step[] = [
  watched("watch from now", "resourceVersion={listed}", changes("w1")),
  watched("watch from start", "labelSelector=app%3Dx"),
  watched("watch from 0", "resourceVersion=0&labelSelector=app%3Dx"),
  watched("watch selected", "labelSelector=w%3Dw2&resourceVersion={listed}", changes("w2")),
  watched("watch one", "fieldSelector=metadata.name%3Da", [
    patch("merge", "touch a", `${MAPS}/a`, { data: { z: "1" } }),
    patch("merge", "touch b", `${MAPS}/b`, { data: { z: "1" } }),
  ]),
  watched("watch too old", "resourceVersion=1"),
  watched("watch future", "resourceVersion=999999999"),
  watched("watch bad revision", "resourceVersion=x"),
  watched("watch bad selector", "labelSelector=a%20b"),
  watched(
    "watch initial events",
    "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=app%3Dx",
  ),
  watched("watch initial events without match", "sendInitialEvents=true&allowWatchBookmarks=true"),
  watched(
    "watch initial events without bookmarks",
    "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&labelSelector=app%3Dx",
  ),
  watched("watch match without initial", "resourceVersionMatch=NotOlderThan&resourceVersion={listed}"),
  watched("watch table", "labelSelector=app%3Dx", [], TABLE),
  watched("watch partial", "labelSelector=app%3Dx", [], PARTIAL),
  watched("watch bad timeout", "timeoutSeconds=x"),
  watched("watch bad flag", "labelSelector=app%3Dx&allowWatchBookmarks=x"),
  get("watch without timeout of its own", `${MAPS}?watch=true&timeoutSeconds=x`),
  get("list bad timeout", `${MAPS}?timeoutSeconds=x`),
  get("watch flag in words", `${MAPS}?watch=yes&timeoutSeconds=1&labelSelector=app%3Dx`),
  watched("watch with continue", "continue=x"),
  watched("watch with limit", "limit=1&labelSelector=app%3Dx"),
  watched("watch missing namespace", "fieldSelector=metadata.namespace%3Dnowhere"),
  get("watch old path", "/api/v1/watch/namespaces/reading/configmaps?timeoutSeconds=1&labelSelector=app%3Dx"),
  get("watch old path of one", "/api/v1/watch/namespaces/reading/configmaps/a?timeoutSeconds=1"),
  get("watch of one", `${MAPS}/a?watch=true&timeoutSeconds=1`),
];

export const readingSteps: readonly Step[] = [...inNamespace("reading"), ...lists, ...watches];
