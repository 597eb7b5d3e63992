/** What version this is; package.json is where it is written. */
import manifest from "../../package.json" with { type: "json" };

/** As images and charts are tagged: `v0.1.0`. */
export const VERSION = `v${manifest.version}`;

/** The release of upstream Liqo whose API, chart values and liqoctl this one answers to. */
export const COMPATIBLE_WITH = "v1.2";
