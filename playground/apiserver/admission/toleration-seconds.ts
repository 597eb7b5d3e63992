/**
 * Pods tolerate a node that is not ready or not reachable for five minutes. Kubernetes:
 * plugin/pkg/admission/defaulttolerationseconds/admission.go
 */
import type { Toleration } from "kubernetes-types/core/v1";
import type { AdmissionPlugin } from "../request.ts";
import { isPodRequest, podOf } from "./pod-request.ts";

const KEYS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const SECONDS = 300;

export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    handles: (request) => isPodRequest(request) && ["CREATE", "UPDATE"].includes(request.operation),
    async admit(_ctx, request) {
      const { spec } = podOf(request);
      if (spec === undefined) return;
      const present = spec.tolerations ?? [];
      const missing = KEYS.filter((key) => !present.some((toleration) => tolerates(toleration, key)));
      if (missing.length === 0) return;
      const added = missing.map(
        (key): Toleration => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS }),
      );
      spec.tolerations = [...present, ...added];
    },
  };
}

function tolerates({ key = "", effect = "" }: Toleration, taint: string): boolean {
  return (key === taint || key === "") && (effect === "NoExecute" || effect === "");
}
