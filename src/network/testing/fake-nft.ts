/** As much of nft as the agents use of it, on a fake machine: tables are what was written into them, without their first line. */
import { type FakeMachine, failed } from "./fake-machine.ts";

/** The tables by address, `ip liqo-a`, with their bodies; to be changed by the test as others change them. */
export function fakeNft(machine: Pick<FakeMachine, "answers">): Map<string, string> {
  const tables = new Map<string, string>();
  const print = (address: string): string => `table ${address} {\n${tables.get(address)}}\n`;
  const absent = (address: string): Error => failed(`Error: No such file or directory\nlist table ${address}\n`);
  Object.assign(machine.answers, {
    "nft -f -": (_command: string, script: string) => {
      for (const [, address = "", body = ""] of script.matchAll(/^table (\S+ \S+) \{\n(.*?)^\}\n/gms))
        tables.set(address, body.replaceAll(/^ {2}/gm, "\t"));
      return "";
    },
    "nft list tables": () => [...tables.keys()].map((address) => `table ${address}\n`).join(""),
    "nft -t list ruleset": () => [...tables.keys()].map(print).join(""),
    "nft -n -s list ruleset": () => [...tables.keys()].map(print).join(""),
    "nft -n -s list": (command: string) => {
      const address = command.split(" ").slice(-2).join(" ");
      return tables.has(address) ? print(address) : absent(address);
    },
    "nft delete table": (command: string) => {
      const address = command.split(" ").slice(-2).join(" ");
      return tables.delete(address) ? "" : absent(address);
    },
  });
  return tables;
}
