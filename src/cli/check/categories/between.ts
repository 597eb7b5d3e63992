/** Two clusters, before they are peered and after. */
import type { Configuration } from "#api/networking/configuration.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { claimProblem } from "#ipam/claim.ts";
import type { Address } from "../../plan/model.ts";
import { toldAddress } from "../../plan/show.ts";
import type { PeerFacts } from "../../why/peer-facts.ts";
import { isHidden, visible } from "../../why/seen.ts";
import { both, type Category, type Finding, failed, none, ok, seen, warning } from "../check.ts";
import { doOverlap, ownRanges, type Range } from "../cidrs.ts";
import { expectedCidrs } from "../expected-cidrs.ts";
import { judgeAhead } from "./kubernetes.ts";
import { type InstalledFacts, versionOf } from "./liqo.ts";

export interface Pair {
  readonly home: InstalledFacts;
  readonly away: InstalledFacts;
}

const CONNECT = "liqoctl network connect, which tells each cluster of the other's again";

export const between: Category<Pair> = {
  name: "both clusters",
  checks: [
    {
      says: "their ids differ",
      look: ({ home, away }) => {
        if (home.id === undefined || away.id === undefined) return undefined;
        return home.id === away.id
          ? failed(`both are ${home.id}`, "liqoctl uninstall on one, and install with another --cluster-id")
          : ok();
      },
    },
    {
      says: "Liqo is of one version",
      look: ({ home, away }) =>
        both(home.liqo.deployments, away.liqo.deployments, (here, there) => {
          const [own, others] = [here, there].map((all) => {
            const manager = all.find(({ metadata }) => metadata?.name === CONTROLLER_MANAGER);
            return manager === undefined ? undefined : versionOf(manager);
          });
          if (own === undefined || others === undefined) return undefined;
          return own === others
            ? ok(own)
            : warning(
                `${home.name} has ${own}, ${away.name} ${others}`,
                "docs/usage/upgrade.md: upgrade the older one",
              );
        }),
    },
    {
      says: "their clocks agree",
      look: ({ home, away }) => {
        const [here, there] = [visible(home.api)?.aheadMs, visible(away.api)?.aheadMs];
        return here === undefined || there === undefined
          ? undefined
          : judgeAhead(`${away.name}, seen from ${home.name},`, there - here);
      },
    },
    {
      says: "each may have its CIDRs at the other",
      look: ({ home, away }) =>
        both(home.liqo.networks, away.liqo.networks, (here, there) => {
          const claims = [...claimsOf(home.name, ownRanges(here)), ...claimsOf(away.name, ownRanges(there))];
          const refused = claims.flatMap(({ who, what, cidr }) => {
            const problem = claimProblem(cidr);
            return problem === undefined ? [] : [`${what} of ${who}: ${problem}`];
          });
          const expected = [...expectedCidrs(home, away), ...expectedCidrs(away, home)];
          const homeless = expected.flatMap((address) =>
            address.seenAs !== undefined || claimProblem(address.cidr) !== undefined ? [] : [toldAddress(address)],
          );
          return none(
            [...refused, ...homeless],
            "install that cluster with a CIDR that others may see, or leave it room there (ipam.reservedSubnets)",
            remapsExpected(expected) ?? overlapping(claims, home.name),
          );
        }),
    },
    { says: "each knows the other's CIDRs", look: (pair) => bothWays(pair, knowsCidrs) },
    { says: "the gateway client dials where the server is", look: (pair) => bothWays(pair, dialsServer) },
  ],
};

interface Claim extends Range {
  readonly who: string;
}

/** What the other one has to find a place for. */
function claimsOf(who: string, ranges: readonly Range[]): Claim[] {
  return ranges.filter(({ what }) => ["pod CIDR", "external CIDR"].includes(what)).map((range) => ({ who, ...range }));
}

function remapsExpected(expected: readonly Address[]): string | undefined {
  const moved = expected.filter(({ cidr, seenAs }) => seenAs !== cidr);
  return moved.length === 0 ? undefined : moved.map(toldAddress).join(", ");
}

/** Which of them overlap, in words: each cluster sees the other's elsewhere. */
function overlapping(claims: readonly Claim[], home: string): string | undefined {
  const mine = claims.filter(({ who }) => who === home);
  const found = claims
    .filter(({ who }) => who !== home)
    .flatMap((theirs) => {
      const own = mine.find(({ cidr }) => doOverlap(cidr, theirs.cidr));
      return own === undefined
        ? []
        : [`${theirs.what} ${theirs.cidr} of ${theirs.who} overlaps ${own.cidr} of ${own.who}`];
    });
  return found.length === 0 ? undefined : `${found.join(", ")}: each sees the other's in another one`;
}

type Way = (from: InstalledFacts, to: InstalledFacts, peer: PeerFacts) => Finding | undefined;

/** The one that is not well, where there is one; undefined before they are peered. */
function bothWays({ home, away }: Pair, judge: Way): Finding | undefined {
  const findings = [
    [home, away],
    [away, home],
  ].flatMap(([from, to]) => {
    if (from === undefined || to === undefined) return [];
    const peer = from.liqo.peerings.find(({ id }) => id === to.id);
    return peer === undefined ? [] : (judge(from, to, peer) ?? []);
  });
  const found = findings.flatMap((each) => (each.result === "ok" && each.found !== undefined ? [each.found] : []));
  return (
    findings.find(({ result }) => result === "failed") ??
    findings.find(({ result }) => result === "warning") ??
    (findings.length === 0 ? undefined : ok(found.length === 0 ? undefined : found.join("; ")))
  );
}

const knowsCidrs: Way = (from, to, peer) =>
  both(peer.configurations, to.liqo.networks, ([configuration], networks) => {
    if (configuration === undefined) return undefined;
    const ranges = ownRanges(networks);
    const told = [
      ["pod CIDR", configuration.spec?.remote?.cidr?.pod ?? []],
      ["external CIDR", configuration.spec?.remote?.cidr?.external ?? []],
    ] as const;
    const stale = told.flatMap(([what, known]) => {
      const real = ranges.filter((range) => range.what === what).map(({ cidr }) => cidr);
      const missing = real.filter((cidr) => !known.includes(cidr));
      return missing.length === 0
        ? []
        : [`${from.name} knows ${known.join(", ") || "none"} as ${what} of ${to.name}, which has ${real.join(", ")}`];
    });
    return none(stale, CONNECT, remaps(from.name, to.name, configuration));
  });

/** `milan sees 10.244.0.0/16 of rome as 10.245.0.0/16` */
function remaps(from: string, to: string, { spec, status }: Configuration): string | undefined {
  const seenAs = (["pod", "external"] as const).flatMap((type) =>
    (spec?.remote?.cidr?.[type] ?? []).flatMap((cidr, i) => {
      const other = status?.remote?.cidr?.[type]?.[i];
      return other === undefined || other === cidr ? [] : [`${cidr} of ${to} as ${other}`];
    }),
  );
  return seenAs.length === 0 ? undefined : `${from} sees ${seenAs.join(", ")}`;
}

const dialsServer: Way = (from, to, peer) =>
  seen(peer.clients, ([client]) => {
    const there = to.liqo.peerings.find(({ id }) => id === from.id);
    if (client === undefined || there === undefined || isHidden(there.servers)) return undefined;
    const server = there.servers[0]?.status?.endpoint;
    const dialled = client.spec?.endpoint;
    if (server === undefined || dialled === undefined) return undefined;
    const isSame =
      (dialled.addresses ?? []).some((address) => (server.addresses ?? []).includes(address)) &&
      (dialled.ports ?? [dialled.port])[0] === (server.ports ?? [server.port])[0];
    const [at, wanted] = [server, dialled].map(
      ({ addresses, ports, port }) => `${addresses?.join(", ")} port ${(ports ?? [port]).join(", ")}`,
    );
    // An administrator may have put something in between.
    return isSame
      ? ok(at)
      : warning(
          `${from.name} dials ${wanted}, ${to.name} listens at ${at}`,
          "liqoctl network connect, unless something in between forwards it",
        );
  });
