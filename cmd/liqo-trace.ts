/** liqo-trace: what `liqoctl trace` runs by exec in gateways and on nodes. Its argument: src/wire/path-trace.ts */
import { THIS_MACHINE } from "#network/system/machine.ts";
import { runTrace } from "#network/trace/trace.ts";
import { runMain } from "./process.ts";

await runMain("liqo-trace", (ctx) =>
  runTrace(ctx, THIS_MACHINE, process.argv[2] ?? "", { input: process.stdin, output: process.stdout }),
);
