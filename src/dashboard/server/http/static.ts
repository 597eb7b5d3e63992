/** The files of the page. Which there are is read once: nothing of a request becomes a path. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";

export interface StaticFile {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const NOTICE = `<!doctype html>
<html lang="en">
<title>Liqo</title>
<h1>The page was not built</h1>
<p>The server runs; its page is missing. Run <code>npm run bundle</code> and start it again.</p>
</html>
`;

/** By path. Which view of the page is asked for stands behind its `#`. */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const type = TYPES[extname(name)];
    const path = join(folder, name);
    if (type !== undefined && statSync(path).isFile()) files.set(`/${name}`, { type, content: readFileSync(path) });
  }
  const index = files.get("/index.html") ?? { type: "text/html; charset=utf-8", content: Buffer.from(NOTICE) };
  files.set("/", index);
  return files;
}
