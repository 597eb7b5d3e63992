/** "Pulls" an image: looks it up and says so in events, as a kubelet with a fast registry would. Kubernetes: pkg/kubelet/images/image_manager.go */
import type { Container } from "kubernetes-types/core/v1";
import type { Image } from "../image.ts";
import type { NodeDeps } from "../pod/deps.ts";
import type { PodEvents } from "../pod/events.ts";

export type Pull =
  | { readonly image: Image }
  | { readonly refused: { readonly reason: string; readonly message: string } };

export function pullImage(
  deps: Pick<NodeDeps, "images" | "usedImages">,
  events: PodEvents,
  container: Container,
): Pull {
  const name = container.image ?? "";
  const found = deps.images.lookup(name);
  if (!found.found) return refuse(events, container, found);
  const { reference, sizeBytes } = found.image;
  if (deps.usedImages.has(reference) && container.imagePullPolicy !== "Always") {
    events.normal(
      "Pulled",
      `Container image "${name}" already present on machine and can be accessed by the pod`,
      container,
    );
  } else {
    events.normal("Pulling", `Pulling image "${name}"`, container);
    events.normal(
      "Pulled",
      `Successfully pulled image "${name}" in 0s (0s including waiting). Image size: ${sizeBytes} bytes.`,
      container,
    );
  }
  deps.usedImages.add(reference);
  return { image: found.image };
}

function refuse(events: PodEvents, container: Container, why: { reason: string; message: string }): Pull {
  const isNever = container.imagePullPolicy === "Never" && why.reason === "ErrImagePull";
  const reason = isNever ? "ErrImageNeverPull" : why.reason;
  const text =
    reason === "InvalidImageName" ? why.message : `Failed to pull image "${container.image}": ${why.message}`;
  events.warn("Failed", text, container);
  events.warn("Failed", `Error: ${reason}`, container);
  return { refused: { reason, message: why.message } };
}
