/** What faults act upon and checks look at: two peered clusters, milan's pods running at rome too. */
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { machineOf } from "#engines/choose.ts";
import type { LinkFault, Machine } from "#engines/engine.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { findLabState } from "#playground/lab/state.ts";

export interface World extends AsyncDisposable {
  readonly ctx: Context;
  readonly clusters: Clusters;
  readonly machine: Machine;
  /** Milan's API server. */
  readonly home: KubeClient;
  /** Rome's. */
  readonly provider: KubeClient;
  readonly links: Links;
  /** The embedded engine's folder: command lines of its processes name it. */
  readonly folder: string;
  /** An address of this machine that pods reach. */
  readonly address: string;
}

export async function startWorld(ctx: Context): Promise<World> {
  const clusters = await startPeered({ workers: 2 });
  try {
    const { engine } = clusters;
    const folder = engine.env["LIQO_PLAYGROUND_HOME"];
    if (folder === undefined) throw new Error("chaos needs the embedded engine: unset LIQO_TEST_ENGINE");
    const client = (context: string) => new KubeClient(configFromFile(engine.kubeconfig, { context }), "chaos");
    const machine = machineOf(engine);
    return {
      ctx,
      clusters,
      machine,
      home: client("milan"),
      provider: client("rome"),
      links: new Links(machine),
      folder,
      address: addressIn(folder),
      [Symbol.asyncDispose]: () => clusters[Symbol.asyncDispose](),
    };
  } catch (error) {
    await clusters[Symbol.asyncDispose]();
    throw error;
  }
}

/** Faults of the link that begin and end independently. */
export class Links {
  readonly #machine: Machine;
  readonly #present = new Set<readonly LinkFault[]>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  add(faults: readonly LinkFault[]): Promise<void> {
    this.#present.add(faults);
    return this.#set();
  }

  remove(faults: readonly LinkFault[]): Promise<void> {
    this.#present.delete(faults);
    return this.#set();
  }

  #set(): Promise<void> {
    return this.#machine.setLinkFaults([...this.#present].flat());
  }
}

function addressIn(folder: string): string {
  const link = findLabState(folder)?.hostLink ?? "";
  const address = networkInterfaces()[link]?.find(({ family }) => family === "IPv4")?.address;
  if (address === undefined) throw new Error(`the lab in ${join(folder)} has no link to this machine`);
  return address;
}
