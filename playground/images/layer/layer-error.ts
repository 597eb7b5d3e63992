/** What is wrong with a layer of an image: told to whoever asked for the image, and not tried around. */
export class LayerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LayerError";
  }
}
