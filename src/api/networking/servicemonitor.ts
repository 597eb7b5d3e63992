/**
 * The spec of a Prometheus ServiceMonitor inside gateway templates. Kept free-form: it belongs to another project, and
 * the Prometheus operator validates it where it is used.
 */
import { freeForm } from "../schema/dsl.ts";

export const serviceMonitorSpec = freeForm();
