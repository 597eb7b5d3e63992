/**
 * The audit log: a line of JSON per request with who asked for what, whether it was allowed and how it ended. Level
 * Metadata, without the stage RequestReceived. Kubernetes: apiserver/pkg/apis/audit/v1, pkg/endpoints/filters/audit.go
 */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { RequestAttributes, UserInfo } from "./request.ts";
import type { RequestInfo } from "./request-info.ts";
import type { Incoming } from "./respond.ts";

/** What happens to one request, told as it happens. */
export interface AuditedRequest {
  authorized(attributes: RequestAttributes, decision: { readonly allowed: boolean; readonly reason: string }): void;
  annotate(key: string, value: string): void;
  /** A request that lasts (a watch, a stream) is logged when it begins and again when it ends. */
  responseStarted(code: number): void;
  /** Counts once: a response that is finished is also closed, one whose client has gone is only closed. */
  responseComplete(code: number): void;
}

export class AuditLog implements Disposable {
  /** Absent once closed: requests that end with the server are not logged any more. */
  #file: number | undefined;
  readonly #now: () => number;

  /** Appends to the file. */
  constructor(path: string, now: () => number) {
    this.#file = openSync(path, "a", 0o600);
    this.#now = now;
  }

  received(info: RequestInfo, incoming: Incoming): AuditedRequest {
    const event = { ...requestOf(info, incoming), requestReceivedTimestamp: this.#timestamp() };
    let decided: object = {};
    const annotations: Record<string, string> = {};
    let isComplete = false;
    const write = (stage: string, code: number): void => {
      const ending = { stage, responseStatus: { metadata: {}, code }, stageTimestamp: this.#timestamp() };
      // Synchronous: what a client was told is in the log, even if the process is killed next.
      if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify({ ...event, ...decided, ...ending })}\n`);
    };
    return {
      authorized: ({ user }, { allowed, reason }) => {
        const decision = allowed ? "allow" : "forbid";
        Object.assign(annotations, {
          "authorization.k8s.io/decision": decision,
          "authorization.k8s.io/reason": reason,
        });
        decided = { user: userOf(user), annotations };
      },
      annotate: (key, value) => {
        annotations[key] = value;
      },
      responseStarted: (code) => write("ResponseStarted", code),
      responseComplete: (code) => {
        if (!isComplete) write("ResponseComplete", code);
        isComplete = true;
      },
    };
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** MicroTime: six digits after the second. */
  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace("Z", "000Z");
  }
}

function requestOf(info: RequestInfo, incoming: Incoming): object {
  const { verb, isResource, group, version, plural, subresource, namespace, name } = info;
  const userAgent = incoming.headers["user-agent"];
  const objectRef = {
    resource: plural,
    ...(namespace !== "" && { namespace }),
    ...(name !== "" && { name }),
    ...(group !== "" && { apiGroup: group }),
    apiVersion: version,
    ...(subresource !== "" && { subresource }),
  };
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: randomUUID(),
    requestURI: incoming.url ?? "",
    verb,
    user: {},
    sourceIPs: [incoming.socket.remoteAddress ?? ""],
    ...(userAgent !== undefined && { userAgent }),
    ...(isResource && { objectRef }),
  };
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra !== undefined && { extra }) };
}
