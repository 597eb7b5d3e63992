/**
 * Sets the kernel parameters that a gateway or a fabric needs in its network namespace, and ends. For an init container:
 * /proc/sys can be written by a privileged one only, and what goes on running need not be one.
 */
import { enableMultipathHash, ensureForwarding, makeRouter } from "#network/system/sysctl.ts";
import { runMain } from "./process.ts";

await runMain("liqo-sysctls", async () => {
  const [component] = process.argv.slice(2);
  switch (component) {
    case "gateway":
      makeRouter();
      enableMultipathHash();
      return;
    case "fabric":
      ensureForwarding();
      return;
    default:
      throw new Error(`component "${component ?? ""}": must be gateway or fabric`);
  }
});
