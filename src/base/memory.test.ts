import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const USES_MUCH = `
  import { getHeapSpaceStatistics } from "node:v8";
  import { favourMemory } from ${JSON.stringify(new URL("memory.ts", import.meta.url).href)};
  if (process.argv[1] !== "none") favourMemory(process.argv[1]);
  const kept = [];
  for (let i = 0; i < 1_000_000; i++) kept[i % 100_000] = { of: String(i) };
  const { space_size: bytes } = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  console.log(bytes / 2 ** 20);
`;

function newSpaceMib(load: string): number {
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", USES_MUCH, load], { encoding: "utf8" });
  return Number(stdout);
}

test("the space for new objects does not grow under load", () => {
  // 64 against 1 to 4 MiB: pages that are about to be given back count, too.
  const unbounded = newSpaceMib("none");
  for (const load of ["bursts", "seldom"]) {
    const bounded = newSpaceMib(load);
    assert.ok(bounded > 0 && bounded * 8 <= unbounded, `${load}: ${bounded} MiB, without flags ${unbounded} MiB`);
  }
});
