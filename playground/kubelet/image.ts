/** What the node agent asks of images. Kubernetes: cri-api (ImageService) */
import type { Context } from "#base/context.ts";

export interface RootRecipe {
  readonly binds: readonly { readonly host: string; readonly path: string }[];
  readonly directories: readonly { readonly path: string; readonly mode?: number; readonly owner?: number }[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode?: number }[];
}

export interface Image {
  /** As a container status shows it: `docker.io/library/redis:alpine`. */
  readonly reference: string;
  readonly id: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workingDir: string;
  readonly stopSignal: string;
  readonly sizeBytes: number;
  /** Paths that are writable whatever the root is. */
  readonly volumes: readonly string[];
  /** Its /etc/passwd and /etc/group; empty where it has none. */
  readonly accounts: { readonly passwd: string; readonly group: string };
  /** What a container's root is built from, where `makeRoot` is not there to do it. */
  readonly root: RootRecipe;
  /** Of an image that was pulled: makes `rootfs` below the container's folder. */
  makeRoot?(ctx: Context, options: RootOptions): Promise<void>;
}

export interface RootOptions {
  /** Of the container. */
  readonly id: string;
  readonly bundle: string;
  readonly workingDir: string;
  /** Folders of the machine that take what the image has at these paths. */
  readonly volumes: readonly { readonly path: string; readonly host: string }[];
}

export type ImageLookup =
  | { readonly found: true; readonly image: Image }
  | {
      readonly found: false;
      readonly reason: "InvalidImageName" | "ErrImagePull" | "Absent";
      readonly message: string;
    };

export interface ImageRequest {
  readonly reference: string;
  /** Always, IfNotPresent, Never. */
  readonly policy: string;
  /** Texts of the pod's image pull secrets. */
  readonly dockerConfigs: readonly string[];
  /** A registry is going to be asked. */
  readonly onPulling: () => void;
}

export type Ensured =
  | { readonly image: Image; readonly pulled?: { readonly ms: number; readonly waitedMs: number } }
  | { readonly refused: { readonly reason: string; readonly message: string } };

export interface UsedImage {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

export interface ImageSource {
  /** What is here already. */
  lookup(reference: string): ImageLookup;
  /** For an image that is absent, or was pulled: pulls it where it must be, and refuses who may not have it. */
  ensure(ctx: Context, request: ImageRequest): Promise<Ensured>;
  /** All that were pulled. */
  present(): readonly UsedImage[];
}
