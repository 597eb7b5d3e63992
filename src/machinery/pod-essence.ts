/** What is left of a pod for whoever keeps all pods of a cluster: labels, named ports, node, address and phase. */
import type { Container, Pod } from "kubernetes-types/core/v1";

export function podEssence({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels } = metadata ?? {};
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(labels !== undefined && { labels }),
    },
    spec: {
      containers: (spec?.containers ?? []).flatMap(portsOnly),
      initContainers: sidecars.flatMap(portsOnly).map((sidecar) => ({ ...sidecar, restartPolicy: "Always" })),
      ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }),
      ...(spec?.hostNetwork === true && { hostNetwork: true }),
    },
    status: {
      ...(status?.podIP !== undefined && { podIP: status.podIP }),
      ...(status?.phase !== undefined && { phase: status.phase }),
    },
  };
}

/** None for one without ports. */
function portsOnly({ name, ports }: Container): Container[] {
  return ports === undefined ? [] : [{ name, ports }];
}
