import assert from "node:assert/strict";
import { test } from "node:test";
import { array, base64String, constantFrom, integer, record, string, tuple, uint8Array } from "fast-check";
import { formatIpv4, isSpecial } from "#base/cidr.ts";
import { forAll } from "#kit/properties.ts";
import { addressRenamer } from "./addresses.ts";
import { packArchive, unpackArchive } from "./archive.ts";
import { filesOf } from "./files.ts";

// Each is an archive that is packed and unpacked.
const RUNS = 60;
const KEY = Buffer.alloc(32, 7);
const before = constantFrom(
  "",
  " ",
  "\n",
  '"',
  "=",
  "(",
  "https://",
  "udp://",
  "ip",
  "from:",
  "\u0001",
  "a.",
  "user:1@",
  "/",
  ",",
);
const after = constantFrom("", " ", "\n", '"', ":6443", ")", ", ", ".", ".nip.io", "\u0001", "/path", "-x", "#");
const addresses = integer({ min: 0, max: 0xffffffff })
  .filter((ip) => !isSpecial(ip))
  .map(formatIpv4);
const names = string({ unit: constantFrom(..."abcdefghij0123456789"), minLength: 6, maxLength: 12 }).map(
  (text) => `q${text}z`,
);
const hosts = tuple(names, constantFrom("", ".example.org", ".corp")).map((parts) => parts.join(""));
const bytes = uint8Array({ minLength: 32, maxLength: 64 }).map((some) => Buffer.from(some));
/** Keys as WireGuard's and others write them; what has letters of one kind alone is as likely a name. */
const blobs = bytes
  .map((some) => some.toString("base64"))
  .filter((text) => /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text));
const tokens = tuple(names, names, names).map((parts) => `eyJhbGciOi${parts.join(".eyJ")}`);
const passwords = names.map((name) => `Pw${name}`);
const hexes = bytes.map((some) => some.toString("hex"));
const pems = base64String({ minLength: 64, maxLength: 200 }).map(
  (text) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`,
);

const secretsIn = record({ blob: blobs, token: tokens, password: passwords, hex: hexes, pem: pems, value: passwords });
const anything = record({
  all: array(addresses, { minLength: 1, maxLength: 5 }),
  host: hosts,
  secrets: secretsIn,
  context: tuple(before, after),
});

/** All that a pod, a node and their logs may hold of these. */
function archiveOf({ all, host, secrets, context: [left, right] }: Parameters<Parameters<typeof anything.map>[0]>[0]) {
  const inContext = (text: string): string => `${left}${text}${right}`;
  const addressesInText = all.map(inContext).join(" ");
  const log = [
    addressesInText,
    `reached https://${host}:6443/api and ${host}`,
    `password=${secrets.password} key ${secrets.blob} and ${secrets.hex}`,
    `Authorization: Bearer ${secrets.token}`,
    secrets.pem,
  ].join("\n");
  const objects = [
    {
      kind: "Node",
      metadata: {
        name: host,
        labels: { "kubernetes.io/hostname": host },
        annotations: { [`x/${host}`]: addressesInText },
      },
    },
    {
      kind: "Pod",
      metadata: {
        name: `etcd-${host}`,
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": secrets.value, note: log },
      },
      spec: {
        nodeName: host,
        containers: [{ name: "a", command: [secrets.value], env: [{ name: "A", value: secrets.value }] }],
      },
      status: { podIP: all[0] },
    },
    { kind: "Secret", data: { [host]: secrets.value }, metadata: { name: "s" } },
    { kind: "PublicKey", metadata: { name: "k" }, spec: { publicKey: secrets.value } },
  ];
  const entries = [
    { path: "objects/all.json", objects, isLiqo: false },
    { path: `logs/${host}/a.log`, text: log },
  ];
  const side = { name: "milan", server: `https://${host}:6443`, entries };
  return packArchive(filesOf({ sides: [side], checks: [], versions: { liqoctl: "v1" } }, KEY), new Date(0));
}

test("no address, host or secret is in the archive", async () => {
  const made: {
    readonly archive: Promise<Buffer>;
    readonly gone: readonly string[];
    readonly addresses: readonly string[];
  }[] = [];
  forAll(
    anything,
    (given) => {
      const { secrets, host, all } = given;
      const body = secrets.pem.split("\n")[1] ?? "";
      made.push({
        archive: archiveOf(given),
        gone: [host, secrets.blob, secrets.token, secrets.password, secrets.hex, body, secrets.value],
        addresses: all,
      });
    },
    RUNS,
  );
  const rename = addressRenamer(KEY);
  for (const { archive, gone, addresses: all } of made) {
    const files = await unpackArchive("it", await archive);
    const whole = files.map(({ path, text }) => `${path}\n${text}`).join("\n");
    for (const secret of gone) assert.ok(!whole.includes(secret), `${secret} in\n${whole}`);
    const renamed = new Set(all.map(rename));
    const left = all.filter(
      (address) => !renamed.has(address) && whole.includes(address) && hasAddress(whole, address),
    );
    assert.deepEqual(left, [], whole);
    // The one that stands alone, in the Pod's status; a part of a host's name goes with it.
    const [own = ""] = renamed;
    assert.ok(whole.includes(`"podIP": "${own}"`), `${own} is not in\n${whole}`);
  }
});

/** Not as a part of a longer number. */
function hasAddress(text: string, address: string): boolean {
  return new RegExp(`(?<![\\d])${address.replaceAll(".", "\\.")}(?!\\d)`).test(text);
}
