/** Stub. */
import { failure } from "#machinery/status-error.ts";
import type { Registry } from "../registry.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Incoming, Outgoing } from "../respond.ts";
import type { BuiltinSchemas } from "./builtin-schemas.ts";
export class OpenApiDocuments {
  constructor(_registry: Registry, _schemas: BuiltinSchemas) {}
  async serve(_path: string, _info: RequestInfo, _to: { incoming: Incoming; outgoing: Outgoing }): Promise<void> {
    throw failure(404, "NotFound", "the server could not find the requested resource", {});
  }
}
