/** What every service's process does: reads its port, serves, logs one line, ends on SIGTERM. */
import type { ConnectRouter } from "@connectrpc/connect";
import { startRpcServer } from "./server.ts";

export async function serve(name: string, defaultPort: number, routes: (router: ConnectRouter) => void): Promise<void> {
  const server = await startRpcServer(Number(process.env["PORT"] ?? defaultPort), routes);
  log(name, "serving", { port: server.port });
  await untilTerminated();
  // A caller that keeps a connection open must not keep the pod from ending.
  setTimeout(() => process.exit(0), 1_000).unref();
  await server[Symbol.asyncDispose]();
  process.exit(0);
}

export function untilTerminated(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

export function log(service: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), service, message, ...fields })}\n`);
}

/** An environment variable that must be set; ends the process with a message otherwise. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    process.stderr.write(`environment variable ${name} is not set\n`);
    process.exit(1);
  }
  return value;
}
