/** What is broken of two clusters that `liqoctl check` is to name: how it is broken, and how it is mended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MutatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import { base64 } from "#forge/authentication.ts";
import { CHART } from "#kit/chart.ts";
import type { Clusters } from "#kit/clusters.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";

const TENANT = "liqo-tenant-rome";
const HOUR_MS = 3_600_000;
const WEBHOOKS = ["mutatingwebhookconfiguration", "liqo-mutating-webhook"] as const;
const CRD = "quotas.offloading.liqo.io";

export interface Breakage {
  /** Of the checks that name it: `milan: controllers: …`, and what one of them found. */
  readonly named: readonly (readonly [string, RegExp])[];
  /** At milan. Resolves to what mends it. */
  readonly begin: (clusters: Clusters) => Promise<() => Promise<unknown>>;
}

const scale = ({ kubectl }: Clusters, namespace: string, name: string, replicas: number) =>
  kubectl("milan", "scale", "deployment", name, "-n", namespace, `--replicas=${replicas}`);

async function apply({ tryKubectl }: Clusters, object: KubeObject, ...flags: readonly string[]): Promise<void> {
  const { code, stderr } = await tryKubectl("milan", ["apply", "-f", "-", ...flags], { input: JSON.stringify(object) });
  if (code !== 0) throw new Error(stderr);
}

/** Of a year that is all but over. */
async function oldIdentity(): Promise<KubeObject> {
  const [notBefore, notAfter] = [-8_700, 24].map((hours) => new Date(Date.now() + hours * HOUR_MS));
  const subject = { commonName: "milan", organizations: [] };
  const ca = await createCa("rome");
  const issued = await issueCertificate(ca, {
    ...{ subject, usages: ["client"] },
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  });
  const authParams = {
    apiServer: "https://192.0.2.1:6443",
    ca: base64(ca.certificate),
    signedCRT: base64(issued.certificate),
  };
  return {
    ...{ apiVersion: "authentication.liqo.io/v1beta1", kind: "Identity" },
    metadata: { name: "old", namespace: TENANT, labels: { "liqo.io/remote-cluster-id": "rome" } },
    spec: { clusterID: "rome", type: "ResourceSlice", authParams },
  } as KubeObject;
}

/** In their order: without the controllers nobody mends the others. */
export const BREAKAGES: readonly Breakage[] = [
  {
    named: [
      ["milan: controllers: liqo-controller-manager is ready", /scaled to 0/],
      ["milan: controllers: the webhooks answer for someone", /no endpoint that is ready/],
    ],
    begin: async (clusters) => {
      await scale(clusters, "liqo", "liqo-controller-manager", 0);
      await clusters.kubectl(
        "milan",
        "wait",
        "--for=delete",
        "pod",
        "-n",
        "liqo",
        "-l",
        "app.kubernetes.io/name=controller-manager",
      );
      return () => scale(clusters, "liqo", "liqo-controller-manager", 1);
    },
  },
  {
    named: [["milan: controllers: MutatingWebhookConfiguration liqo-mutating-webhook is there", /missing/]],
    begin: async (clusters) => {
      const found = await clusters.get<MutatingWebhookConfiguration>("milan", ...WEBHOOKS);
      await clusters.kubectl("milan", "delete", ...WEBHOOKS);
      const { name, labels, annotations } = found.metadata ?? {};
      // The CA is the controllers' to write, all else Helm's, whose next upgrade would find it another's.
      const webhooks = found.webhooks?.map(({ clientConfig: { service }, ...rest }) => ({
        ...rest,
        clientConfig: { service },
      }));
      const object = { ...found, webhooks, metadata: { name, labels, annotations } } as KubeObject;
      return () => apply(clusters, object, "--server-side", "--field-manager=helm");
    },
  },
  {
    named: [
      ["milan: peering with rome: the gateway runs, and has an address", /has no pod/],
      // Its end of the tunnel is still there.
      ["rome: peering with milan: the tunnel is connected", /says (Error|Connecting)/],
    ],
    begin: async (clusters) => {
      await scale(clusters, TENANT, "gw-rome", 0);
      return () => scale(clusters, TENANT, "gw-rome", 1);
    },
  },
  {
    named: [["milan: versions: all 29 CRDs are there", /quotas\.offloading\.liqo\.io is missing/]],
    begin: async (clusters) => {
      await clusters.kubectl("milan", "delete", "crd", CRD);
      const file = join(CHART, "crds/offloading.liqo.io_quotas.yaml");
      return () => clusters.tryKubectl("milan", ["apply", "-f", "-"], { input: readFileSync(file, "utf8") });
    },
  },
  {
    named: [
      ["milan: peering with rome: certificates last", /ResourceSlice old ends .*\(in (1 day|2\d hours|\d+ minutes)/],
    ],
    begin: async (clusters) => {
      await apply(clusters, await oldIdentity());
      return () => clusters.kubectl("milan", "delete", "identity.authentication.liqo.io", "old", "-n", TENANT);
    },
  },
  {
    named: [["milan: addresses: every CIDR has its place", /Network default\/nowhere wants 10\.9\.0\.0\/16/]],
    begin: async (clusters) => {
      await apply(clusters, {
        ...{
          apiVersion: "ipam.liqo.io/v1alpha1",
          kind: "Network",
          metadata: { name: "nowhere", namespace: "default" },
        },
        ...{ spec: { cidr: "10.9.0.0/16" } },
      } as KubeObject);
      return () => clusters.kubectl("milan", "delete", "network.ipam.liqo.io", "nowhere", "-n", "default");
    },
  },
];
