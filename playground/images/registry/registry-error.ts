/** Why a registry gave nothing, as far as it decides on what to do next; whatever else it refuses, skopeo is asked to tell. */
export class RegistryError extends Error {
  readonly reason: "cut" | "refused" | "rate-limited" | "wrong-bytes";
  /** How long it wants no requests, where it says so. */
  readonly retryAfterMs: number | undefined;

  /** What was asked for, where whoever caught it may ask again. */
  readonly url: string | undefined;

  constructor(
    reason: RegistryError["reason"],
    message: string,
    { retryAfterMs, url }: { readonly retryAfterMs?: number | undefined; readonly url?: string | undefined } = {},
  ) {
    super(message);
    this.name = "RegistryError";
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.url = url;
  }
}

/** Whether it is a RegistryError of that reason. */
export function isRegistryError(error: unknown, reason: RegistryError["reason"]): error is RegistryError {
  return error instanceof RegistryError && error.reason === reason;
}
