import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";
import { countProcess } from "./process-metrics.ts";

test("a program tells what it is, since when it runs and what it uses", () => {
  const metrics = new Metrics();
  countProcess(metrics, "liqo-fabric");
  const read = (name: string): number => Number(new RegExp(`^${name} (.*)$`, "m").exec(metrics.render())?.[1]);
  assert.match(metrics.render(), /^liqo_build_info\{component="liqo-fabric",version="v\d+\.\d+\.\d+"\} 1$/m);
  const used = read("process_cpu_seconds_total");
  assert.ok(used > 0);
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 20_000);
  const more = read("process_cpu_seconds_total") - used;
  assert.ok(more >= 0.02 && more < used + 60, `${more} s`);
  assert.ok(read("process_resident_memory_bytes") > 10_000_000);
  assert.ok(Math.abs(read("process_start_time_seconds") * 1_000 - performance.timeOrigin) < 60_000);
});
