/** Stub. */
import type { Context } from "#base/context.ts";
import type { Core } from "../core.ts";
import type { BuiltinSchemas } from "../openapi/builtin-schemas.ts";
export function startCustomResources(_ctx: Context, _core: Core, _schemas: BuiltinSchemas): void {}
