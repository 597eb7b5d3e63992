/** Tells a person which addresses of the server were tried in vain, and which one answers. Not in upstream. */

export interface EndpointEvents {
  warning(reason: string, message: string): void;
  normal(reason: string, message: string): void;
}

export class EndpointReport {
  readonly #events: EndpointEvents;
  readonly #told = new Set<string>();

  constructor(events: EndpointEvents) {
    this.#events = events;
  }

  /** What was tried in vain since the last answer; undefined: nothing. */
  get problem(): string | undefined {
    if (this.#told.size === 0) return undefined;
    const tried = [...this.#told].map((endpoint) => `${endpoint}/UDP`).sort();
    return `no answer from the gateway server at ${tried.join(", ")}`;
  }

  /** `endpoint`: `ip:port` or what stands for it. Each once, until one answers. */
  unanswered(endpoint: string | undefined): void {
    if (endpoint === undefined || this.#told.has(endpoint)) return;
    this.#told.add(endpoint);
    const message = `no answer from the gateway server at ${endpoint}/UDP: does a firewall or NAT let it through?`;
    this.#events.warning("EndpointUnanswered", message);
  }

  answered(endpoint: string | undefined): void {
    if (endpoint === undefined || this.#told.size === 0) return;
    this.#told.clear();
    this.#events.normal("EndpointAnswered", `the gateway server answers at ${endpoint}/UDP`);
  }
}
