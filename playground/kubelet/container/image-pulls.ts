/**
 * Gets the images of one pod's containers, and says so in events. What the catalogue has is there at once; what has to be asked
 * of others is waited for beside everything else the pod does. Kubernetes: pkg/kubelet/images/image_manager.go
 */
import type { Container, Pod } from "kubernetes-types/core/v1";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Ensured, Image } from "../image.ts";
import type { NodeDeps } from "../pod/deps.ts";
import type { PodEvents } from "../pod/events.ts";
import { formatPullTime } from "./pull-time.ts";

export type Pull =
  | { readonly image: Image }
  | { readonly refused: { readonly reason: string; readonly message: string } };

export interface ImagePullsOptions {
  readonly deps: Pick<NodeDeps, "images" | "usedImages" | "client">;
  readonly events: PodEvents;
  readonly pod: () => Pod;
  /** An image is here, or will not come. */
  readonly onChange: () => void;
}

const KEYS: Readonly<Record<string, string>> = {
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
  "kubernetes.io/dockercfg": ".dockercfg",
};

export class ImagePulls {
  readonly #ctx: Context;
  readonly #options: ImagePullsOptions;
  /** By container: what ends the pull. */
  readonly #pulling = new Map<string, () => void>();
  /** By container and image, until it is taken. */
  readonly #done = new Map<string, Pull>();

  constructor(ctx: Context, options: ImagePullsOptions) {
    this.#ctx = ctx;
    this.#options = options;
  }

  isPulling(container: string): boolean {
    return this.#pulling.has(container);
  }

  /** The image, or why there is none; undefined while it is on its way, which this begins. */
  take(container: Container): Pull | undefined {
    const key = `${container.name} ${container.image}`;
    const done = this.#done.get(key);
    this.#done.delete(key);
    if (done !== undefined) return done;
    const found = this.#options.deps.images.lookup(container.image ?? "");
    if (found.found && found.image.makeRoot === undefined) return this.#takeListed(container, found.image);
    if (!found.found && found.reason !== "Absent") return this.#refuse(container, found);
    this.#begin(container, key);
    return undefined;
  }

  cancel(): void {
    for (const end of this.#pulling.values()) end();
  }

  #begin(container: Container, key: string): void {
    const { ctx, cancel } = withCancel(this.#ctx);
    this.#pulling.set(container.name, cancel);
    void this.#pull(ctx, container)
      .catch((error: unknown): Pull => ({ refused: { reason: "ErrImagePull", message: messageOf(error) } }))
      .then((pull) => {
        this.#pulling.delete(container.name);
        if (ctx.signal.aborted) return;
        this.#done.set(key, "refused" in pull ? this.#refuse(container, pull.refused) : pull);
        this.#options.onChange();
      });
  }

  async #pull(ctx: Context, container: Container): Promise<Pull> {
    const { deps, events } = this.#options;
    const name = container.image ?? "";
    const ensured = await deps.images.ensure(ctx, {
      reference: name,
      policy: container.imagePullPolicy ?? "IfNotPresent",
      dockerConfigs: await this.#dockerConfigs(ctx),
      onPulling: () => events.normal("Pulling", `Pulling image "${name}"`, container),
    });
    if ("image" in ensured && !ctx.signal.aborted) this.#tellHere(container, ensured);
    return ensured;
  }

  #tellHere(container: Container, { image, pulled }: Extract<Ensured, { image: Image }>): void {
    const name = container.image ?? "";
    const text =
      pulled === undefined
        ? `Container image "${name}" already present on machine and can be accessed by the pod`
        : `Successfully pulled image "${name}" in ${formatPullTime(pulled.ms)} (${formatPullTime(pulled.waitedMs)} including waiting). Image size: ${image.sizeBytes} bytes.`;
    this.#options.events.normal("Pulled", text, container);
  }

  #takeListed(container: Container, image: Image): Pull {
    const { deps, events } = this.#options;
    const { reference } = image;
    if (deps.usedImages.has(reference) && container.imagePullPolicy !== "Always") this.#tellHere(container, { image });
    else {
      events.normal("Pulling", `Pulling image "${container.image}"`, container);
      this.#tellHere(container, { image, pulled: { ms: 0, waitedMs: 0 } });
    }
    deps.usedImages.add(reference);
    return { image };
  }

  #refuse(container: Container, why: { reason: string; message: string }): Pull {
    const { events } = this.#options;
    const isNever = container.imagePullPolicy === "Never" && why.reason === "ErrImagePull";
    const reason = isNever ? "ErrImageNeverPull" : why.reason;
    const isBare = reason === "InvalidImageName" || reason === "ErrImageNeverPull";
    const text = isBare ? why.message : `Failed to pull image "${container.image}": ${why.message}`;
    events.warn("Failed", text, container);
    events.warn("Failed", `Error: ${reason}`, container);
    return { refused: { reason, message: why.message } };
  }

  /** Kubernetes: pkg/kubelet/kubelet_pods.go (getPullSecretsForPod): what is not there is told, and done without. */
  async #dockerConfigs(ctx: Context): Promise<string[]> {
    const { deps, events, pod } = this.#options;
    const { metadata, spec } = pod();
    const texts: string[] = [];
    const missing: string[] = [];
    for (const { name = "" } of spec?.imagePullSecrets ?? []) {
      const key = { namespace: metadata?.namespace ?? "", name };
      const secret = await deps.client.find(ctx, secrets, key).catch(() => undefined);
      if (secret === undefined) missing.push(name);
      const content = secret?.data?.[KEYS[secret.type ?? ""] ?? ""];
      if (content !== undefined) texts.push(Buffer.from(content, "base64").toString("utf8"));
    }
    if (missing.length > 0) {
      const text = `Unable to retrieve some image pull secrets (${missing.join(", ")}); attempting to pull the image may not succeed.`;
      events.warn("FailedToRetrieveImagePullSecret", text);
    }
    return texts;
  }
}
