/** What a caller of the kubelet API is told when its call makes no sense or is not allowed. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}
