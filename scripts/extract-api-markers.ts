/**
 * Writes src/machinery/schema/api-markers.json: what Go's struct tags and markers say of the built-in types and no
 * npm package does: protobuf field numbers, patch strategies and keys, list and map types.
 * Run by hand when the Kubernetes version changes:
 *   node scripts/extract-api-markers.ts <git dir of kubernetes/api> <git dir of kubernetes/apimachinery>
 * Format: package → type → JSON field → `<number>[*] [merge[=key]] [retainKeys] [list=…] [keys=…] [map=…] [quantity]`; `*` is a pointer,
 * a field written `+Type` is inlined, the field "" holds markers of the type itself.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const API = [
  "core/v1",
  "apps/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "batch/v1",
  "certificates/v1",
  "coordination/v1",
  "discovery/v1",
  "events/v1",
  "networking/v1",
  "policy/v1",
  "rbac/v1",
  "scheduling/v1",
  "storage/v1",
  "node/v1",
  "admissionregistration/v1",
  "authentication/v1",
  "authorization/v1",
];
const META = "pkg/apis/meta/v1";

type Markers = Record<string, Record<string, string>>;

const [apiDirectory = "", machineryDirectory = ""] = process.argv.slice(2);
const result: Record<string, Markers> = {};
for (const path of API) result[path] = extract(apiDirectory, path);
result["meta/v1"] = extract(machineryDirectory, META);
const lines = Object.entries(result).map(([path, types]) => {
  const body = Object.entries(types).map(([type, fields]) => `    ${JSON.stringify(type)}: ${JSON.stringify(fields)}`);
  return `  ${JSON.stringify(path)}: {\n${body.join(",\n")}\n  }`;
});
writeFileSync(new URL("../src/machinery/schema/api-markers.json", import.meta.url), `{\n${lines.join(",\n")}\n}\n`);

function extract(directory: string, path: string): Markers {
  const list = ["--git-dir", directory, "ls-tree", "--name-only", "HEAD", `${path}/`];
  const files = execFileSync("git", list, { encoding: "utf8" })
    .split("\n")
    .filter((file) => /\/[a-z_]*types?\.go$/.test(file) || file.endsWith("/well_known_types.go"));
  const types: Markers = {};
  for (const file of files) {
    const show = ["--git-dir", directory, "show", `HEAD:${file}`];
    parseGo(execFileSync("git", show, { encoding: "utf8", maxBuffer: 1 << 26 }), types);
  }
  return types;
}

function parseGo(source: string, types: Markers): void {
  let current: Record<string, string> | undefined;
  let markers: string[] = [];
  for (const line of source.split("\n").map((text) => text.trim())) {
    const comment = /^\/\/ ?\+(.*)$/.exec(line);
    const struct = /^type (\w+) struct \{$/.exec(line);
    if (comment?.[1] !== undefined) markers.push(comment[1]);
    else if (line.startsWith("//") || line.startsWith("/*")) continue;
    else if (struct?.[1] !== undefined) {
      current = {};
      types[struct[1]] = current;
      const atomic = markers.includes("structType=atomic") || markers.includes("mapType=atomic");
      if (atomic) current[""] = "map=atomic";
      markers = [];
    } else if (line === "}") {
      current = undefined;
      markers = [];
    } else {
      if (current !== undefined) parseField(line, markers, current);
      if (line !== "" || current === undefined) markers = [];
    }
  }
}

function parseField(line: string, markers: readonly string[], fields: Record<string, string>): void {
  const tags = /`(.*)`/.exec(line)?.[1];
  if (tags === undefined) return;
  const [head = ""] = line.split("`");
  const words = head.trim().split(/\s+/);
  const type = words.at(-1) ?? "";
  const [json = ""] = (/json:"([^"]*)"/.exec(tags)?.[1] ?? "").split(",");
  const protobuf = /protobuf:"([^"]*)"/.exec(tags)?.[1]?.split(",");
  if (protobuf === undefined || json === "-") return;
  const inlined = json === "" ? `+${type.replace(/^\*/, "").split(".").at(-1)}` : json;
  const parts = [`${protobuf[1] ?? ""}${type.startsWith("*") ? "*" : ""}`];
  const strategy = /patchStrategy:"([^"]*)"/.exec(tags)?.[1] ?? "";
  const key = /patchMergeKey:"([^"]*)"/.exec(tags)?.[1];
  if (strategy.split(",").includes("merge")) parts.push(key === undefined ? "merge" : `merge=${key}`);
  if (strategy.split(",").includes("retainKeys")) parts.push("retainKeys");
  const listType = markers.find((marker) => marker.startsWith("listType="))?.slice(9);
  if (listType !== undefined) parts.push(`list=${listType}`);
  const keys = markers.filter((marker) => marker.startsWith("listMapKey=")).map((marker) => marker.slice(11));
  if (keys.length > 0) parts.push(`keys=${keys.join(",")}`);
  const mapType = markers.find((marker) => /^(mapType|structType)=/.test(marker))?.split("=")[1];
  if (mapType !== undefined) parts.push(`map=${mapType}`);
  if (/Quantity$|ResourceList$/.test(type)) parts.push("quantity");
  const byDefault = markers.find((marker) => marker.startsWith("default="))?.slice(8);
  if (byDefault !== undefined && !byDefault.startsWith("ref(")) parts.push(`default=${byDefault.replaceAll('"', "")}`);
  fields[inlined] = parts.join(" ");
}
