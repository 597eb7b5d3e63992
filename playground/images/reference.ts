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
  return { repository: normalise(name), ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** As container runtimes show it in a status: the tag `latest` is made visible, a digest hides the tag. */
export function formatReference(reference: ImageReference): string {
  if (reference.digest !== undefined) return `${reference.repository}@${reference.digest}`;
  return `${reference.repository}:${reference.tag ?? "latest"}`;
}

function normalise(name: string): string {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isRegistry = first.includes(".") || first.includes(":") || first === "localhost";
  if (!isRegistry) return `docker.io/${slash < 0 ? "library/" : ""}${name}`;
  return first === "docker.io" && !name.slice(slash + 1).includes("/")
    ? `docker.io/library/${name.slice(slash + 1)}`
    : name;
}
