/**
 * `make kubernetes-clusters`: clusters of an engine (default: genuine Kubernetes, `milan` and `rome`) that stay until
 * Ctrl-C, to try Liqo on or to be given to the suites as clusters that exist.
 */
import { chosenEngine } from "./choose.ts";
import { writeSingleKubeconfig } from "./single-kubeconfig.ts";

process.env["LIQO_TEST_ENGINE"] ??= "kubernetes";
const args = process.argv.slice(2);
const names = args.length > 0 ? args : ["milan", "rome"];
// The daemons do not keep this process alive.
const alive = setInterval(() => {}, 60_000);
const ended = new Promise((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, resolve);
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

await using engine = chosenEngine();
const startedMs = performance.now();
await engine.create(names.map((name) => ({ name })));
say(`${names.join(", ")}: all nodes are ready after ${Math.round((performance.now() - startedMs) / 1_000)} s`);
say(`  export KUBECONFIG=${engine.kubeconfig}    # contexts: ${names.join(", ")}`);
for (const name of names) say(`  ${name} alone: ${await writeSingleKubeconfig(engine.kubeconfig, name)}`);
say("Ctrl-C removes them.");
await ended;
clearInterval(alive);
say("Removing the clusters …");
