/** What every program tells of itself. Prometheus: client_golang/prometheus/process_collector.go */
import { systemClock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import { VERSION } from "./version.ts";

/** `component`: liqo-fabric, … */
export function countProcess(metrics: Metrics, component: string): void {
  metrics
    .gauge("liqo_build_info", "The program and its version: 1 for it.")
    .with({ component, version: VERSION })
    .set(1);
  metrics
    .gauge("process_start_time_seconds", "When the process began, in seconds since the epoch.")
    .with({})
    .set(systemClock.epochMs() / 1_000 - process.uptime());
  const cpu = metrics.counter("process_cpu_seconds_total", "Processor time of user and system, in seconds.").with({});
  const memory = metrics.gauge("process_resident_memory_bytes", "Memory of the process, in bytes.").with({});
  let countedSeconds = 0;
  metrics.beforeRender(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1_000_000;
    cpu.increase(seconds - countedSeconds);
    countedSeconds = seconds;
    memory.set(process.memoryUsage.rss());
  });
}
