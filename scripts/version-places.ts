/** Where the version stands beside package.json; a test holds that it is the same. */

/** Up to the version, and whether it is written with its `v` there. */
export interface Place {
  readonly before: RegExp;
  readonly hasV: boolean;
}

export const PLACES: Readonly<Record<string, readonly Place[]>> = {
  "deploy/chart/Chart.yaml": [
    { before: /^version: /gm, hasV: false },
    { before: /^appVersion: /gm, hasV: true },
  ],
  "deploy/Dockerfile": [{ before: /ghcr\.io\/liqo-ts\/liqo:/g, hasV: true }],
};

/** The text with `version` (`v1.2.3`) at all its places. */
export function withVersion(text: string, places: readonly Place[], version: string): string {
  return places.reduce((changed, { before, hasV }) => {
    const pattern = new RegExp(`(${before.source})v?\\d+\\.\\d+\\.\\d+\\S*`, before.flags);
    return changed.replace(pattern, `$1${hasV ? version : version.slice(1)}`);
  }, text);
}
