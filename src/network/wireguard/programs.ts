/**
 * Programs that are WireGuard in user space, and which of those present is taken: the one that carries most, as measured
 * (docs/performance.md). Upstream has wireguard-go inside.
 */
import { type Context, withTimeout } from "#base/context.ts";
import type { Tools } from "../system/tools.ts";

export interface Program {
  readonly name: string;
  /** Runs in the foreground as long as there is the interface. */
  start(link: string): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

export interface FoundProgram {
  readonly program: Program;
  /** Name and version, as it says them itself. */
  readonly version: string;
}

const WIREGUARD_GO: Program = {
  name: "wireguard-go",
  start: (link) => ({ argv: ["-f", link], env: { LOG_LEVEL: "error", WG_PROCESS_FOREGROUND: "1" } }),
};
const BORINGTUN: Program = {
  name: "boringtun-cli",
  // It would become the user of a login session, of which there is none in a pod.
  start: (link) => ({ argv: ["--foreground", "--disable-drop-privileges", link], env: { WG_LOG_LEVEL: "error" } }),
};

const VERSION_MS = 5_000;
/** Since then wireguard-go gives the kernel many packets at once (UDP segmentation): three times as much goes through. */
const BATCHES_SINCE = 20_230_223;

/** Throws when there is none. */
export async function findProgram(ctx: Context, tools: Tools): Promise<FoundProgram> {
  let cause: unknown;
  const asked = [WIREGUARD_GO, BORINGTUN].map(async (program): Promise<FoundProgram | undefined> => {
    try {
      const text = await tools.run(withTimeout(ctx, VERSION_MS), [program.name, "--version"]);
      return { program, version: text.split("\n")[0]?.trim() ?? program.name };
    } catch (error) {
      cause ??= error;
      return undefined;
    }
  });
  const found = bestOf((await Promise.all(asked)).filter((each) => each !== undefined));
  if (found !== undefined) return found;
  const names = `${WIREGUARD_GO.name} nor ${BORINGTUN.name}`;
  throw new Error(`userspace WireGuard: neither ${names} can be run; install the package ${WIREGUARD_GO.name}`, {
    cause,
  });
}

/** Of several the first that is as good as any. */
function bestOf(found: readonly FoundProgram[]): FoundProgram | undefined {
  return found.toSorted((a, b) => rank(b) - rank(a))[0];
}

function rank({ program, version }: FoundProgram): number {
  if (program !== WIREGUARD_GO) return version.startsWith("boringtun") ? 1 : 0;
  return Number(/\d{8}/.exec(version)?.[0] ?? 0) >= BATCHES_SINCE ? 3 : 2;
}
