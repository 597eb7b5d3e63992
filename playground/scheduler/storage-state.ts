/** The claims, volumes and classes that the scheduler looks up. Kubernetes: pkg/scheduler/framework/plugins/volumebinding/binder.go */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";

export interface StorageState {
  findClaim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  findVolume(name: string): PersistentVolume | undefined;
  findClass(name: string): StorageClass | undefined;
  volumes(): readonly PersistentVolume[];
}
