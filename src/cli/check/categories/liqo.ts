/** Whether what is installed is whole, of one version, and runs. */
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { DaemonSet, Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { allKinds } from "#api/all.ts";
import { UNINSTALLING } from "#api/annotations.ts";
import { VERSION } from "#base/version.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { findUnready } from "../../checks/rollout.ts";
import { isHidden } from "../../why/seen.ts";
import { both, type Category, type Check, failed, none, ok, seen, warning } from "../check.ts";
import { ownRanges } from "../cidrs.ts";
import { missingFields } from "../crd-fields.ts";
import type { ClusterFacts, LiqoFacts } from "../facts.ts";
import { webhookChecks } from "./webhooks.ts";

export interface InstalledFacts extends ClusterFacts {
  readonly liqo: LiqoFacts;
}

const UPGRADE = "liqoctl install, by the liqoctl of the version that is wanted";

export const absence: Category<ClusterFacts> = {
  name: "liqo",
  checks: [
    {
      says: "no other Liqo is in the way",
      look: ({ upstream }) =>
        seen(upstream, (found) =>
          found === undefined ? ok() : warning(found, "docs/migration.md says what becomes of it"),
        ),
    },
  ],
};

export const versions: Category<InstalledFacts> = {
  name: "versions",
  checks: [
    {
      says: "liqoctl is of the version of Liqo",
      look: ({ liqo }) =>
        seen(liqo.deployments, (all) => {
          const found = all.find(({ metadata }) => metadata?.name === CONTROLLER_MANAGER);
          const version = found === undefined ? undefined : versionOf(found);
          if (version === undefined) return undefined;
          return version === VERSION ? ok(version) : warning(`liqoctl is ${VERSION}, Liqo here ${version}`, UPGRADE);
        }),
    },
    {
      says: "all parts of Liqo are of one version",
      look: ({ liqo: { deployments, daemonSets } }) =>
        seen(deployments, (some) =>
          seen(daemonSets, (others) => {
            const parts = [...some, ...others];
            const found = [...new Set(parts.flatMap((part) => versionOf(part) ?? []))];
            if (found.length < 2) return ok(found[0]);
            const list = parts.map((part) => `${part.metadata?.name} ${versionOf(part)}`);
            return warning(list.join(", "), UPGRADE);
          }),
        ),
    },
    {
      says: `all ${allKinds.length} CRDs are there`,
      look: ({ liqo }) =>
        seen(liqo.crds, (all) => {
          const wrong = allKinds.flatMap(({ plural, group, version }) => {
            const name = `${plural}.${group}`;
            const crd = all.find(({ metadata }) => metadata?.name === name);
            const problem = crdProblem(crd, version);
            return problem === undefined ? [] : [`${name} ${problem}`];
          });
          return none(wrong, "liqoctl install applies them again");
        }),
    },
    {
      says: "CRDs have all fields of this version",
      look: ({ liqo }) =>
        seen(liqo.crds, (all) => {
          const old = allKinds.flatMap(({ plural, group, version, crd }) => {
            const served = all.find(({ metadata }) => metadata?.name === `${plural}.${group}`);
            const schema = served?.spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
            const [first] = schema === undefined ? [] : missingFields(crd.schema, schema);
            return first === undefined ? [] : [`${plural}.${group} has no ${first}`];
          });
          return old.length === 0
            ? ok()
            : warning(old.join("; "), "liqoctl install applies those of its version; Helm alone never does");
        }),
    },
  ],
};

function crdProblem(crd: CustomResourceDefinition | undefined, version: string): string | undefined {
  if (crd === undefined) return "is missing";
  if (!crd.spec.versions.some(({ name, served }) => name === version && served)) return `does not serve ${version}`;
  return isConditionTrue(crd.status?.conditions, "Established") ? undefined : "is not established";
}

export function versionOf({ spec }: Deployment | DaemonSet): string | undefined {
  return spec?.template.spec?.containers[0]?.image?.split("@")[0]?.split(":").at(-1);
}

/** A Deployment that a chart with these values has. */
function isRolledOutCheck(name: string, isRequired: boolean): Check<InstalledFacts> {
  return {
    says: `${name} is ready`,
    look: ({ liqo: { deployments, pods }, liqoNamespace }) =>
      seen(deployments, (all) => {
        const found = all.find(({ metadata }) => metadata?.name === name);
        if (found === undefined)
          return isRequired ? failed(`there is no Deployment ${liqoNamespace}/${name}`, "liqoctl install") : undefined;
        const wanted = found.spec?.replicas ?? 1;
        if (wanted === 0)
          return failed(
            "it is scaled to 0 replicas",
            `kubectl scale deployment ${name} -n ${liqoNamespace} --replicas=1`,
          );
        const available = found.status?.availableReplicas ?? 0;
        if (available >= wanted) return ok(`${available} of ${wanted}`);
        const why = isHidden(pods) ? undefined : findUnready(pods.filter(isOf(name)));
        const says = `${available} of ${wanted} replicas are available${why === undefined ? "" : `: ${why}`}`;
        const see = `kubectl describe pods -n ${liqoNamespace} -l app.kubernetes.io/name=${name.replace("liqo-", "")}`;
        return available === 0 ? failed(says, see) : warning(says, see);
      }),
  };
}

function isOf(name: string): (pod: Pod) => boolean {
  return ({ metadata }) => metadata?.labels?.["app.kubernetes.io/name"] === name.replace("liqo-", "");
}

export const controllers: Category<InstalledFacts> = {
  name: "controllers",
  checks: [
    isRolledOutCheck(CONTROLLER_MANAGER, true),
    {
      says: "it is not being uninstalled",
      look: ({ liqo }) =>
        seen(liqo.deployments, (all) => {
          const found = all.find(({ metadata }) => metadata?.name === CONTROLLER_MANAGER);
          return found?.metadata?.annotations?.[UNINSTALLING] === undefined
            ? ok()
            : failed(
                "an uninstallation has begun",
                "go on with `liqoctl uninstall`, or take it back with `liqoctl install`",
              );
        }),
    },
    ...webhookChecks,
    {
      says: "liqo-fabric is ready on every node",
      look: ({ liqo: { daemonSets, pods, networks }, liqoNamespace }) =>
        both(daemonSets, networks, (all, own) => {
          const found = all.find(({ metadata }) => metadata?.name === "liqo-fabric");
          // Without the networking module there is none, nor has the cluster Networks of its own.
          if (found === undefined)
            return ownRanges(own).length === 0
              ? undefined
              : failed(`there is no DaemonSet ${liqoNamespace}/liqo-fabric`, "liqoctl install");
          const { desiredNumberScheduled: wanted = 0, numberReady: ready = 0 } = found.status ?? {};
          if (ready >= wanted) return ok(`${ready} of ${wanted}`);
          const why = isHidden(pods) ? undefined : findUnready(pods.filter(isOf("liqo-fabric")));
          return failed(
            `on ${ready} of ${wanted}${why === undefined ? "" : `: ${why}`}`,
            `kubectl get pods -n ${liqoNamespace} -l app.kubernetes.io/name=fabric -o wide`,
          );
        }),
    },
    isRolledOutCheck("liqo-proxy", false),
    isRolledOutCheck("liqo-dashboard", false),
    {
      says: "peerings are known",
      look: ({ liqo }) =>
        seen(liqo.peers, (all) => ok(all.map(({ metadata }) => metadata?.name).join(", ") || "there are none")),
    },
  ],
};
