/** What the admission webhooks read. */
import type { Clock } from "#base/clock.ts";
import type { Informers } from "#kube/informer/informers.ts";

export interface Deps {
  readonly clock: Clock;
  readonly informers: Informers;
  readonly clusterId: string;
  readonly liqoNamespace: string;
  readonly podCidr: string;
  readonly vkOptionsTemplate: { readonly namespace: string; readonly name: string };
  /** RuntimeClass whose pods choose virtual nodes by themselves. */
  readonly runtimeClass: string;
  /** StorageClass of volumes that lie where their pods run. */
  readonly storageClass: string;
}
