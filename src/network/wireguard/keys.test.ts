import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fakeMachine, writeFiles } from "../testing/fake-machine.ts";
import { readKeys } from "./keys.ts";

test("keys are read raw and given as base64", async () => {
  using machine = fakeMachine();
  writeFiles(machine.devices, { privateKey: Buffer.alloc(32, 1), publicKey: Buffer.alloc(32, 2) });
  assert.deepEqual(await readKeys(machine.devices), {
    privateKey: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    publicKey: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
  });
});

for (const [name, bytes] of [
  ["privateKey", 31],
  ["publicKey", 44],
] as const)
  test(`a ${name} of ${bytes} bytes is none`, async () => {
    using machine = fakeMachine();
    writeFiles(machine.devices, { privateKey: Buffer.alloc(32), publicKey: Buffer.alloc(32) });
    writeFiles(machine.devices, { [name]: Buffer.alloc(bytes) });
    const message = `read ${join(machine.devices, name)}: ${bytes} bytes, a key has 32`;
    await assert.rejects(readKeys(machine.devices), { message });
  });

for (const [missing, present] of [
  ["privateKey", "publicKey"],
  ["publicKey", "privateKey"],
] as const)
  test(`a ${missing} that is not there is told with its path`, async () => {
    using machine = fakeMachine();
    writeFiles(machine.devices, { [present]: Buffer.alloc(32) });
    await assert.rejects(readKeys(machine.devices), new RegExp(`ENOENT.*/${missing}'`));
  });
