/** What the node agent asks of a catalogue of images: it never pulls, it looks up. */
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
  readonly root: RootRecipe;
}

export type ImageLookup =
  | { readonly found: true; readonly image: Image }
  | { readonly found: false; readonly reason: "InvalidImageName" | "ErrImagePull"; readonly message: string };

export interface ImageSource {
  lookup(reference: string): ImageLookup;
}
