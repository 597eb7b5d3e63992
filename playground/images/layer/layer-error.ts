/** What is wrong with a layer of an image: told to whoever asked for the image, and not tried around. */
export class LayerError extends Error {
  /** Of more bytes than it may have; where there is more room it may be had. */
  readonly isTooLarge: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly isTooLarge?: boolean }) {
    super(message, options);
    this.name = "LayerError";
    this.isTooLarge = options?.isTooLarge ?? false;
  }
}
