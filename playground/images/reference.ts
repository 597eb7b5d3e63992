/** Image references such as `redis:alpine` or `ghcr.io/a/b@sha256:…`. Docker: distribution/reference/normalize.go */
export interface ImageReference {
  /** Registry and path, normalised: `docker.io/library/redis`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const FORM =
  /^((?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/;

/** Undefined when the text is not a reference. */
export function parseReference(text: string): ImageReference | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, name = "", tag, digest] = match;
  // Only a registry may have capitals.
  if (!hasRegistry(name) && name !== name.toLowerCase()) return undefined;
  return { repository: normalise(name), ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** As container runtimes show it in a status: the tag `latest` is made visible, a digest hides the tag. */
export function formatReference(reference: ImageReference): string {
  if (reference.digest !== undefined) return `${reference.repository}@${reference.digest}`;
  return `${reference.repository}:${reference.tag ?? "latest"}`;
}

function hasRegistry(name: string): boolean {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  return first.includes(".") || first.includes(":") || first === "localhost";
}

function normalise(name: string): string {
  if (!hasRegistry(name)) return `docker.io/${name.includes("/") ? "" : "library/"}${name}`;
  const [registry = "", ...path] = name.split("/");
  return registry === "docker.io" && path.length === 1 ? `docker.io/library/${path[0]}` : name;
}
