/** Service accounts. Kubernetes: pkg/registry/core/serviceaccount */
import type { ServiceAccount } from "kubernetes-types/core/v1";
import { serviceAccounts } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

export const serviceAccountStrategy = anyStrategy<ServiceAccount>({
  resource: serviceAccounts,
  singular: "serviceaccount",
  shortNames: ["sa"],
  table: table<ServiceAccount>([{ name: "Secrets", value: (account) => account.secrets?.length ?? 0 }, age()]),
});
