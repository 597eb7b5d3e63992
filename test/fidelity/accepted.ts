/**
 * Where the embedded API server differs from the genuine one on purpose. Each entry has to be needed: one that covers
 * no difference fails. The same list for readers is in docs/compatibility.md, "The embedded API server beside the genuine one".
 */
import type { Accepted } from "./compare.ts";

export const ACCEPTED: readonly Accepted[] = [
  {
    step: / rows?$|^table|^watch table/,
    path: /columnDefinitions\[\d+\]\.description$/,
    reason: "descriptions of columns are Go's field comments; no client shows them",
  },
  {
    step: /^(groups|core resources|resources .*|aggregated (core|groups))$/,
    path: /\.(componentstatuses|ipaddresses|servicecidrs|csistoragecapacities|volumeattributesclasses|validatingadmissionpolic\w+)(\/status)?$|\.(apiregistration|resource|flowcontrol\.apiserver)\.k8s\.io$|\.autoscaling\.versions\[1\]$/,
    reason: "kinds and older versions that nothing here needs are not served",
  },
  {
    step: /^crd (create|get|row)$/,
    path: /^body(\.rows\[0\]\.object)?\.(status|metadata\.managedFields\[1\]$)/,
    reason: "a definition is established in the write that makes it, not by a controller a moment later",
  },
  {
    step: /^DaemonSet rows?$/,
    path: /\.metadata\.annotations$/,
    reason: "rows are made of the object as it is stored, upstream's of Go's internal type, which lacks the annotation",
  },
  {
    step: /^pod init restart$/,
    path: /\.f:restartPolicy$/,
    reason: "who set the dropped restart policy of an init container does not own it",
  },
  {
    step: /^(pod update (node|env)|pod: grace|claim: (larger|class|other volume|modes)|volume: path|debug container changed)$/,
    path: /message$/,
    reason: "the refusal does not end in a diff of two Go structs",
  },
  {
    step: /^(merge (wrong type|kind|unknown strict)|lease: bad time)$/,
    path: /message$/,
    reason: "the refused object is shown with its fields in another order",
  },
  {
    step: /^job: image$/,
    path: /message$/,
    reason: "the refused template is shown as it was sent, not as Go's internal type",
  },
  {
    step: /^strategic list as map$/,
    path: /message$/,
    reason: "Go's type is named in full, map[string]interface {}",
  },
  {
    step: /^create duplicate warn$/,
    path: /data/,
    reason: "of a map that is given twice the last counts, upstream merges them; both warn",
  },
  {
    step: /^custom wrong kind$/,
    path: /message$|causes\[1\]$/,
    reason: "an object of another kind is refused before its content is looked at",
  },
  {
    step: /^custom (bad name|either boolean|one of (neither|both))$/,
    path: /message$|causes/,
    reason: "schema errors: all of a field's are told, a failing oneOf names its field, not each of its branches",
  },
  {
    step: /^custom (merge|immutable)$/,
    path: /message$/,
    reason: "why a CEL rule cannot be evaluated is said by another library",
  },
  {
    step: /^custom list$/,
    path: /message$|warnings/,
    reason: "a list in the place of an object is refused without looking for unknown fields in it",
  },
  {
    step: /^custom (apply adds|delete all)$/,
    path: /\.spec\.(map|set)\[/,
    reason: "of a list merged by key, items new with an apply come before those that it does not name",
  },
  {
    step: /^custom apply conflict$/,
    path: /message$/,
    reason: "conflicts are listed by path, upstream's by depth first",
  },
];
