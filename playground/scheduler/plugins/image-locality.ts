/** Nodes that have the images already. Kubernetes: pkg/scheduler/framework/plugins/imagelocality/image_locality.go */
import type { Plugin } from "../plugin.ts";

export const imageLocality: Plugin = {
  name: "ImageLocality",
  absolute: true,
  score: (pod, { node }) => {
    const present = new Set((node.status?.images ?? []).flatMap(({ names }) => names ?? []));
    const images = (pod.spec?.containers ?? []).map(({ image }) => image ?? "");
    return images.length === 0 ? 0 : (images.filter((image) => present.has(image)).length / images.length) * 100;
  },
};
