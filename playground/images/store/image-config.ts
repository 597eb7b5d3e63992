/** What an image says of itself, read from foreign JSON. OCI: image-spec/{manifest,config}.md */
const DIGEST = /^sha256:[a-f0-9]{64}$/;
// Docker: layer.MaxLayers; as many as one mount takes.
const MOST_LAYERS = 127;
const MOST_ITEMS = 10_000;

export interface ImageManifest {
  readonly config: string;
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** How its programs run. */
export interface RunConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workingDir: string;
  readonly stopSignal: string;
  /** Paths that are writable whatever the root is. */
  readonly volumes: readonly string[];
}

export interface ImageConfig extends RunConfig {
  readonly diffIds: readonly string[];
}

export function parseManifest(text: string): ImageManifest {
  const { config, layers } = objectOf(parseJson(text, "manifest"), "manifest");
  if (!Array.isArray(layers)) throw new Error("image manifest: it has no layers");
  if (layers.length > MOST_LAYERS)
    throw new Error(`image manifest: ${layers.length} layers; no more than ${MOST_LAYERS} can be mounted`);
  return {
    config: digestOf(objectOf(config, "manifest.config")["digest"], "manifest.config"),
    layers: layers.map((layer: unknown) => {
      const { digest, size } = objectOf(layer, "manifest.layers");
      return { digest: digestOf(digest, "manifest.layers"), size: typeof size === "number" ? size : 0 };
    }),
  };
}

/** Digest of the manifest that an index has for this machine; `itself` where it is no index, undefined where it has none. */
export function chooseManifest(text: string, architecture = goArchitecture()): string | undefined {
  const { manifests } = objectOf(parseJson(text, "manifest"), "manifest");
  if (!Array.isArray(manifests)) return "itself";
  const found = manifests.find((each: unknown) => {
    const { platform } = objectOf(each, "index.manifests");
    const { os, architecture: own } = objectOf(platform ?? {}, "index.manifests.platform");
    return os === "linux" && own === architecture;
  });
  return found === undefined ? undefined : digestOf((found as { digest?: unknown }).digest, "index.manifests");
}

function goArchitecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

export function parseImageConfig(text: string): ImageConfig {
  const whole = objectOf(parseJson(text, "config"), "config");
  const { diff_ids: diffIds = [] } = objectOf(whole["rootfs"], "config.rootfs");
  const own = objectOf(whole["config"] ?? {}, "config.config");
  return {
    diffIds: strings(diffIds, "rootfs.diff_ids").map((id) => digestOf(id, "config.rootfs.diff_ids")),
    entrypoint: strings(own["Entrypoint"], "Entrypoint"),
    cmd: strings(own["Cmd"], "Cmd"),
    env: environmentOf(strings(own["Env"], "Env")),
    user: string(own["User"], "User"),
    workingDir: string(own["WorkingDir"], "WorkingDir") || "/",
    stopSignal: signalOf(string(own["StopSignal"], "StopSignal")),
    volumes: Object.keys(objectOf(own["Volumes"] ?? {}, "Volumes")).filter((path) => path.startsWith("/")),
  };
}

function environmentOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.flatMap((line) => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** `15`, `TERM` and `SIGTERM` are the same. */
function signalOf(text: string): string {
  if (text === "") return "SIGTERM";
  if (/^\d{1,2}$/.test(text)) return text;
  return /^(SIG)?[A-Z0-9+-]{1,20}$/.test(text) ? `SIG${text.replace(/^SIG/, "")}` : "SIGTERM";
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`image ${what}: not JSON`, { cause });
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`image ${what}: must be an object`);
  return value as Record<string, unknown>;
}

function strings(value: unknown, what: string): string[] {
  const list = value ?? [];
  if (!Array.isArray(list) || list.length > MOST_ITEMS || !list.every((item) => typeof item === "string"))
    throw new Error(`image config: ${what} must be a list of texts`);
  return list;
}

function string(value: unknown, what: string): string {
  if (value !== undefined && value !== null && typeof value !== "string")
    throw new Error(`image config: ${what} must be a text`);
  return value ?? "";
}

function digestOf(value: unknown, what: string): string {
  if (typeof value !== "string" || !DIGEST.test(value))
    throw new Error(`image ${what}: a digest must be sha256:<64 digits>`);
  return value;
}
